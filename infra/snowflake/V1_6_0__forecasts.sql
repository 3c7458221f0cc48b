-- What the procedure FORECAST_METRICS made, every run of it; the mart METRIC_FORECASTS reads the newest that may be shown.
-- Role: SYSADMIN, then SECURITYADMIN. Undo: drop table SOPHIA.BUSINESS_INTELLIGENCE.METRIC_FORECAST_RUNS.
use role SYSADMIN;

create table if not exists SOPHIA.BUSINESS_INTELLIGENCE.METRIC_FORECAST_RUNS (
    metric varchar not null comment 'As in ANALYTICS.INT_METRICS__DAILY_LONG',
    dimension varchar not null comment 'What it is split by',
    made_on date not null comment 'The business day after the last one that was known',
    target_date date not null comment 'The business day that is forecast',
    p10 float comment 'One of ten turns out lower',
    p50 float comment 'The forecast',
    p90 float comment 'One of ten turns out higher',
    method varchar comment 'How it was made',
    mase float comment 'Error in the back-test over the error of the week before: below 1 is better',
    backtest_mean_absolute_error float comment 'In the unit of the metric',
    backtest_coverage float comment 'Share of actual values between p10 and p90; 0.8 is meant',
    backtest_origins number(9, 0) comment 'From how many days it was tried',
    is_published boolean comment 'Whether it was better than the week before',
    made_at timestamp_ntz comment 'When, UTC'
)
comment = 'One row per metric, dimension, run and day forecast.';

use role SECURITYADMIN;

grant select on table SOPHIA.BUSINESS_INTELLIGENCE.METRIC_FORECAST_RUNS to role TRANSFORMER;
