-- Two warehouses, so that a dashboard never waits for a build. Loading needs none: Snowpipe brings its own.
-- Role: SYSADMIN. Undo: drop warehouse <name>.
use role SYSADMIN;

create warehouse if not exists TRANSFORMING
    warehouse_size = xsmall auto_suspend = 60 auto_resume = true initially_suspended = true
    statement_timeout_in_seconds = 3600 comment = 'dbt';
create warehouse if not exists READING
    warehouse_size = xsmall auto_suspend = 60 auto_resume = true initially_suspended = true
    statement_timeout_in_seconds = 300 comment = 'Dashboards, analysts and agents';
