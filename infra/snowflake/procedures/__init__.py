"""Bodies of procedures that run beside the data: each a file that Snowflake gets whole, importing nothing of ours."""
