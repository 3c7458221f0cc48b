"""What Snowflake holds besides dbt's models: migrations, and how to run them on either warehouse."""
