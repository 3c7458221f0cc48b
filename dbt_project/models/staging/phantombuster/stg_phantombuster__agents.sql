with

records as (

    select * from {{ ref('base_records') }}
    where source = 'phantombuster' and stream = 'agent'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as agent_id,
        payload:name::varchar as agent_name,
        payload:script::varchar as script,
        payload:launchType::varchar as launch_type,
        {{ record_times() }}
    from records

)

select * from typed
