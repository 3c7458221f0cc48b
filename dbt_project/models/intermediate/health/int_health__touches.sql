with

calls as (

    select
        call_id,
        call_key,
        account_key,
        started_at
    from {{ ref('int_calls__linked') }}
    where account_key is not null

),

parties as (

    select * from {{ ref('stg_gong__call_parties') }}
    where affiliation != 'internal' and email is not null

),

people as (

    select * from {{ ref('int_health__people') }}

),

turns as (

    select * from {{ ref('int_support__response_turns') }}
    where account_key is not null

),

support_messages as (

    select * from {{ ref('int_support__messages') }}

),

conversations as (

    select * from {{ ref('int_support__conversations') }}
    where account_key is not null

),

recipients as (

    select * from {{ ref('stg_outlook__message_recipients') }}

),

-- One mail lies in several mailboxes, and gets another id when it is moved.
mails as (

    select * from {{ ref('stg_outlook__messages') }}
    where not is_deleted
    qualify row_number() over (
        partition by connection_id, coalesce(internet_message_id, record_id)
        order by record_id
    ) = 1

),

mail_sides as (

    select
        mails.record_id as mail_key,
        people.account_key,
        people.person_key,
        'inbound' as direction,
        mails.sent_at
    from mails
    inner join people on people.email = mails.from_email

    union all

    select
        mails.record_id as mail_key,
        people.account_key,
        null as person_key,
        'outbound' as direction,
        mails.sent_at
    from mails
    inner join recipients
        on recipients.connection_id = mails.connection_id
        and recipients.message_id = mails.message_id
    inner join people on people.email = recipients.email
    left join people as senders on senders.email = mails.from_email
    where senders.email is null
    qualify row_number() over (partition by mails.record_id, people.account_key order by recipients.recipient_key) = 1

),

-- A mail answers when the one before it with the account went the other way, no more than two weeks earlier.
exchanges as (

    select *
    from mail_sides
    qualify
        lag(direction) over (partition by account_key order by sent_at, mail_key) != direction
        and lag(sent_at) over (partition by account_key order by sent_at, mail_key) >= dateadd(day, -14, sent_at)

),

-- A call is two-way by nature, a question once it is answered.
told as (

    select
        'call' as channel,
        'two_way' as direction,
        call_key as source_key,
        account_key,
        null as person_key,
        started_at as touched_at
    from calls

    union all

    select distinct
        'call' as channel,
        'inbound' as direction,
        calls.call_key as source_key,
        calls.account_key,
        coalesce(people.person_key, 'email:' || parties.email) as person_key,
        calls.started_at as touched_at
    from calls
    inner join parties on parties.call_id = calls.call_id
    left join people on people.email = parties.email

    union all

    select
        source_system as channel,
        'two_way' as direction,
        turn_key as source_key,
        account_key,
        null as person_key,
        replied_at as touched_at
    from turns
    where replied_at is not null

    union all

    select
        conversations.source_system as channel,
        'inbound' as direction,
        support_messages.message_key as source_key,
        conversations.account_key,
        conversations.person_key,
        support_messages.sent_at as touched_at
    from support_messages
    inner join conversations on conversations.conversation_key = support_messages.conversation_key
    where support_messages.author_side = 'customer'

    union all

    select
        source_system as channel,
        'inbound' as direction,
        turn_key as source_key,
        account_key,
        person_key,
        started_at as touched_at
    from turns
    where source_system = 'slack'

    union all

    select
        'email' as channel,
        direction,
        mail_key as source_key,
        account_key,
        person_key,
        sent_at as touched_at
    from mail_sides

    union all

    select
        'email' as channel,
        'two_way' as direction,
        mail_key as source_key,
        account_key,
        null as person_key,
        sent_at as touched_at
    from exchanges

),

touches as (

    select
        md5(
            channel || '|' || direction || '|' || source_key || '|' || account_key || '|' || coalesce(person_key, '')
        ) as touch_key,
        account_key,
        person_key,
        channel,
        direction,
        touched_at
    from told
    where touched_at <= {{ as_of() }}

)

select * from touches
