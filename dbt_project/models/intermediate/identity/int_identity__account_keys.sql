{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='fail') }}

with

members as (

    select * from {{ ref('int_identity__components') }}
    where node_type = 'account' and is_record

),

{{ minted_keys('members') }}

select * from keyed
