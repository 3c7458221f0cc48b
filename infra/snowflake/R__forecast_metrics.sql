-- The forecast beside the data: procedures/forecast.py as it is, deployed again whenever it changes, run daily by a task
-- once the company's business day is over. Locally `sophia forecast` runs the same file.
-- Role: ACCOUNTADMIN, then SYSADMIN. Undo: drop task and drop procedure SOPHIA.BUSINESS_INTELLIGENCE.FORECAST_METRICS.
use role ACCOUNTADMIN;

grant execute task on account to role SYSADMIN;

use role SYSADMIN;

create or replace procedure SOPHIA.BUSINESS_INTELLIGENCE.FORECAST_METRICS()
    returns varchar
    language python
    runtime_version = '3.11'
    packages = ('snowflake-snowpark-python', 'numpy', 'statsmodels')
    handler = 'main'
    comment = 'Fills METRIC_FORECAST_RUNS from INT_METRICS__DAILY_LONG'
    execute as owner
as
$$
{% include 'procedures/forecast.py' %}
$$;

create or replace task SOPHIA.BUSINESS_INTELLIGENCE.FORECAST_METRICS_DAILY
    warehouse = TRANSFORMING
    schedule = 'USING CRON 0 10 * * * UTC'
    comment = 'At 10:00 UTC: it is night in Los Angeles, and yesterday is over'
as
call SOPHIA.BUSINESS_INTELLIGENCE.FORECAST_METRICS();

alter task SOPHIA.BUSINESS_INTELLIGENCE.FORECAST_METRICS_DAILY resume;
