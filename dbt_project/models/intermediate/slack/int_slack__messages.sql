{#- A message, typed once: whoever counts, links or reads messages reads them all in every run. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='record_id',
    on_schema_change='fail',
) }}

with

messages as (

    select * from {{ ref('stg_slack__messages') }}
    where {{ received_since_last_run(['slack/message'], 'last_received_at') }}

),

typed as (

    select
        record_id,
        connection_id,
        message_id,
        channel_id,
        message_ts,
        thread_ts,
        user_id,
        subtype,
        message_text,
        is_reply,
        is_from_bot,
        is_deleted,
        sent_at,
        {{ business_date('sent_at') }} as sent_on,
        first_received_at,
        {{ read_until() }} as read_until
    from messages

)

select * from typed
