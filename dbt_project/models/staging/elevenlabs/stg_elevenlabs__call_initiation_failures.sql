with

records as (

    select * from {{ ref('base_records') }}
    where source = 'elevenlabs' and stream = 'call_initiation_failure'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as conversation_id,
        payload:data:agent_id::varchar as agent_id,
        payload:data:failure_reason::varchar as failure_reason,
        payload:data:metadata:type::varchar as phone_provider,
        occurred_at as failed_at,
        {{ record_times() }}
    from records

)

select * from typed
