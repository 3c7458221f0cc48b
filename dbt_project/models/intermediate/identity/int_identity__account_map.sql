with

records as (

    select * from {{ ref('int_identity__account_records') }}

),

components as (

    select * from {{ ref('int_identity__components') }}

),

keys as (

    select * from {{ ref('int_identity__account_keys') }}

),

{{ surviving_keys('keys', 'components') }},

mapped as (

    select
        records.node_id,
        surviving.identity_key as account_key,
        records.record_id,
        records.source,
        records.connection_id,
        records.record_kind,
        records.source_id,
        records.is_live,
        records.first_seen_at
    from records
    inner join components on components.node_id = records.node_id
    inner join surviving on surviving.component_id = components.component_id

)

select * from mapped
