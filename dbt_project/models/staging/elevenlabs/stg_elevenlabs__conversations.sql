with

records as (

    select
        *,
        {{ record_at('data') }} as conversation
    from {{ ref('base_records') }}
    where source = 'elevenlabs' and stream = 'conversation'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as conversation_id,
        conversation:agent_id::varchar as agent_id,
        conversation:user_id::varchar as user_id,
        conversation:conversation_initiation_client_data:dynamic_variables as dynamic_variables,
        conversation:status::varchar as status,
        conversation:analysis:call_successful::varchar as outcome,
        conversation:analysis:transcript_summary::varchar as summary,
        conversation:metadata:termination_reason::varchar as termination_reason,
        conversation:metadata:phone_call:direction::varchar as phone_direction,
        conversation:transcript as transcript,
        try_to_number(conversation:metadata:call_duration_secs::varchar) as duration_s,
        try_to_number(conversation:metadata:cost::varchar) as cost_credits,
        {{ unix_time('conversation:metadata:start_time_unix_secs') }} as started_at,
        {{ record_times() }}
    from records

)

select * from typed
