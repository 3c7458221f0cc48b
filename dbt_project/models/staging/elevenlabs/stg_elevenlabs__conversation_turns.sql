with

conversations as (

    select
        record_id,
        connection_id,
        conversation_id,
        transcript,
        is_deleted
    from {{ ref('stg_elevenlabs__conversations') }}

),

typed as (

    select
        md5(conversations.record_id || '|' || turn.index::varchar) as turn_key,
        conversations.connection_id,
        conversations.conversation_id,
        turn.index + 1 as turn_number,
        turn.value:role::varchar as speaker_role,
        turn.value:message::varchar as message,
        try_to_number(turn.value:time_in_call_secs::varchar) as start_s,
        conversations.is_deleted
    from conversations
    inner join lateral flatten(input => conversations.transcript) as turn

)

select * from typed
