{#-
  Messages come in masses: a run tells anew the threads in which something was written, changed or deleted since the last
  one, or in which somebody wrote of whom something landed. A thread without words keeps one row without a piece.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='document_id',
    on_schema_change='fail',
) }}

{%- set is_told_again = received_since_last_run(['slack/user'], 'last_received_at') %}

with

messages as (

    select
        *,
        'slack' as source,
        channel_id || '/' || coalesce(thread_ts, message_ts) as source_record_id
    from {{ ref('int_slack__messages') }}

),

users as (

    select * from {{ ref('stg_slack__users') }}

),

threads as (

    select
        {{ document_id() }} as document_id,
        source,
        connection_id,
        source_record_id,
        channel_id,
        max(read_until) as read_until
    from messages
    {%- if is_incremental() %}
    where
        {{ written_since_last_run() }}
        or (connection_id, user_id) in (
            select
                connection_id,
                user_id
            from users
            where {{ is_told_again }}
        )
    {%- endif %}
    group by source, connection_id, source_record_id, channel_id

),

live_messages as (

    select
        messages.*,
        threads.document_id
    from messages
    inner join threads
        on threads.connection_id = messages.connection_id
        and threads.source_record_id = messages.source_record_id
    where not messages.is_deleted and not messages.is_from_bot

),

beginnings as (

    select
        document_id,
        min(sent_at) as began_at
    from live_messages
    group by document_id

),

told as (

    select
        live_messages.source,
        live_messages.connection_id,
        live_messages.source_record_id,
        live_messages.message_ts as position_key,
        coalesce(users.real_name, users.user_name) as speaker,
        live_messages.message_text as piece_text,
        null::number(18, 0) as start_ms,
        null::number(18, 0) as end_ms
    from live_messages
    left join users
        on users.connection_id = live_messages.connection_id
        and users.user_id = live_messages.user_id

),

numbered as (

    {{ numbered_pieces('told') }}

),

kept as (

    select
        coalesce(numbered.piece_key, md5(threads.document_id || '|')) as piece_key,
        threads.document_id,
        threads.source,
        threads.connection_id,
        threads.source_record_id,
        numbered.piece_number,
        numbered.position_key,
        numbered.speaker,
        numbered.piece_text,
        numbered.start_ms,
        numbered.end_ms,
        numbered.start_offset,
        numbered.piece_hash,
        threads.channel_id,
        beginnings.began_at,
        threads.read_until
    from threads
    left join numbered on numbered.document_id = threads.document_id
    left join beginnings on beginnings.document_id = threads.document_id

)

select * from kept
