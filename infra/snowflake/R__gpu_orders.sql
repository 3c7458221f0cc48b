-- Orders of GPU work, written beside the data: procedures/order_gpu_jobs.py as it is, deployed again whenever it changes,
-- run by a task every hour, once there is a fleet (docs/gpu-jobs.md) and dbt has built its views:
-- alter task SOPHIA.AI_MEMORY.ORDER_GPU_JOBS_HOURLY resume. Locally `sophia embed` and `sophia enrich` write the orders.
-- Role: ACCOUNTADMIN, then SYSADMIN. Undo: drop task and drop procedure SOPHIA.AI_MEMORY.ORDER_GPU_JOBS.
use role ACCOUNTADMIN;

grant execute task on account to role SYSADMIN;

use role SYSADMIN;

create or replace procedure SOPHIA.AI_MEMORY.ORDER_GPU_JOBS()
    returns varchar
    language python
    runtime_version = '3.11'
    packages = ('snowflake-snowpark-python')
    handler = 'main'
    comment = 'Writes what waits in DOCUMENTS_TO_EMBED and DOCUMENTS_TO_ENRICH into the lake'
    execute as owner
as
$$
{% include 'procedures/order_gpu_jobs.py' %}
$$;

create task if not exists SOPHIA.AI_MEMORY.ORDER_GPU_JOBS_HOURLY
    warehouse = TRANSFORMING
    schedule = 'USING CRON 20 * * * * UTC'
    comment = 'Documents are what the last run of dbt made of them; waking the warehouse costs a minute of it'
as
call SOPHIA.AI_MEMORY.ORDER_GPU_JOBS();
