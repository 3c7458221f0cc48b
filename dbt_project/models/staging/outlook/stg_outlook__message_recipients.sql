with

messages as (

    select
        record_id,
        connection_id,
        message_id,
        to_recipients,
        cc_recipients,
        is_deleted
    from {{ ref('stg_outlook__messages') }}

),

listed as (

    select
        messages.record_id,
        messages.connection_id,
        messages.message_id,
        'to' as recipient_kind,
        recipient.index as place,
        recipient.value as recipient,
        messages.is_deleted
    from messages
    inner join lateral flatten(input => messages.to_recipients) as recipient

    union all

    select
        messages.record_id,
        messages.connection_id,
        messages.message_id,
        'cc' as recipient_kind,
        recipient.index as place,
        recipient.value as recipient,
        messages.is_deleted
    from messages
    inner join lateral flatten(input => messages.cc_recipients) as recipient

),

typed as (

    select
        md5(record_id || '|' || recipient_kind || '|' || place::varchar) as recipient_key,
        connection_id,
        message_id,
        recipient_kind,
        lower(recipient:emailAddress:address::varchar) as email,
        lower(split_part(recipient:emailAddress:address::varchar, '@', 2)) as email_domain,
        recipient:emailAddress:name::varchar as recipient_name,
        is_deleted
    from listed

)

select * from typed
