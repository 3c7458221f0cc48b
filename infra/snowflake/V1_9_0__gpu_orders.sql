-- What was ordered of GPU workers, so that nothing is ordered twice, and the right to write orders into the lake.
-- The procedure that orders is in R__gpu_orders.sql.
-- Role: ACCOUNTADMIN, then SYSADMIN. Undo: drop table SOPHIA.AI_MEMORY.GPU_ORDERS (what is in work is then ordered again).
use role ACCOUNTADMIN;

alter storage integration SOPHIA_LAKE
    set storage_allowed_locations = (
        's3://{{ lake_bucket }}/events/',
        's3://{{ lake_bucket }}/gpu/results/',
        's3://{{ lake_bucket }}/gpu/orders/',
        's3://{{ lake_bucket }}/gpu/shards/'
    );

use role SYSADMIN;

create table if not exists SOPHIA.AI_MEMORY.GPU_ORDERS (
    job_id varchar not null comment 'The job that is made of it, as in STG_SOPHIA__GPU_JOBS',
    kind varchar not null comment 'embed or enrich',
    ordered_at timestamp_ntz not null comment 'UTC',
    told variant not null comment 'As it lies in the lake; events/gpu_job.py, Order'
)
comment = 'One row per order of GPU work. Append-only.';
