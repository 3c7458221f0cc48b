with

turns as (

    select * from {{ ref('int_support__response_turns') }}

),

typed as (

    select
        turn_key::varchar as turn_key,
        source_system::varchar as source_system,
        connection_id::varchar as connection_id,
        conversation_id::varchar as conversation_id,
        account_key::varchar as account_key,
        account_id::varchar as account_id,
        person_key::varchar as person_key,
        team::varchar as team,
        outcome::varchar as outcome,
        turn_number::number(9, 0) as turn_number,
        message_count::number(9, 0) as message_count,
        target_minutes::number(6, 0) as target_minutes,
        calendar_minutes::number(12, 2) as calendar_minutes,
        business_minutes::number(12, 2) as business_minutes,
        vendor_reply_minutes::number(12, 2) as vendor_reply_minutes,
        is_within_target::boolean as is_within_target,
        is_censored::boolean as is_censored,
        {{ business_date('started_at') }}::date as started_on,
        started_at::timestamp_ntz as started_at,
        replied_at::timestamp_ntz as replied_at,
        closed_at::timestamp_ntz as closed_at,
        due_at::timestamp_ntz as due_at
    from turns

)

select * from typed
