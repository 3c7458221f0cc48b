{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='fail') }}

with

members as (

    select components.*
    from {{ ref('int_identity__components') }} as components
    inner join {{ ref('int_identity__person_components') }} as people
        on people.component_id = components.component_id
    where components.node_type = 'person' and components.is_record and people.is_business

),

{{ minted_keys('members') }}

select * from keyed
