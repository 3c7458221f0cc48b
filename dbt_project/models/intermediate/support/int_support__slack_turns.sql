with

channels as (

    select * from {{ ref('stg_slack__channels') }}
    where is_shared_externally

),

users as (

    select * from {{ ref('stg_slack__users') }}

),

people as (

    select * from {{ ref('int_health__people') }}

),

accounts as (

    select * from {{ ref('int_health__accounts') }}

),

-- Our own workspace is the one most users of the connection belong to; whoever is of another, or unknown, is a guest.
home_teams as (

    select
        connection_id,
        team_id
    from users
    where team_id is not null
    group by connection_id, team_id
    qualify row_number() over (partition by connection_id order by count(*) desc, team_id) = 1

),

messages as (

    select
        messages.record_id as message_key,
        messages.connection_id,
        messages.channel_id,
        messages.message_ts,
        coalesce(messages.thread_ts, messages.message_ts) as thread_ts,
        messages.is_reply,
        home_teams.team_id is not null as is_ours,
        users.email,
        messages.sent_at
    from {{ ref('int_slack__messages') }} as messages
    inner join channels
        on channels.connection_id = messages.connection_id
        and channels.channel_id = messages.channel_id
    left join users
        on users.connection_id = messages.connection_id
        and users.user_id = messages.user_id
    left join home_teams
        on home_teams.connection_id = users.connection_id
        and home_teams.team_id = users.team_id
    where
        not messages.is_deleted
        and not messages.is_from_bot
        and not coalesce(users.is_bot, false)
        and messages.user_id is not null
        -- Somebody joined, a topic was set: nobody said anything.
        and coalesce(messages.subtype, 'file_share') in ('file_share', 'thread_broadcast', 'me_message')
        and messages.sent_at <= {{ as_of() }}

),

-- Ten minutes without a word of theirs, in the thread or among the channel's own messages, and the next opens a turn.
openings as (

    select * from messages
    where not is_ours
    qualify
        lag(sent_at) over (
            partition by connection_id, channel_id, iff(is_reply, thread_ts, '')
            order by sent_at, message_ts
        ) is null
        or datediff(
            microsecond,
            lag(sent_at) over (
                partition by connection_id, channel_id, iff(is_reply, thread_ts, '')
                order by sent_at, message_ts
            ),
            sent_at
        ) > 600000000

),

thread_replies as (

    select
        openings.message_key,
        min(replies.sent_at) as replied_at
    from openings
    inner join messages as replies
        on replies.connection_id = openings.connection_id
        and replies.channel_id = openings.channel_id
        and replies.thread_ts = openings.thread_ts
        and replies.sent_at > openings.sent_at
    where replies.is_ours
    group by openings.message_key

),

-- Where nobody answered in the thread, a word in the channel within a day is the answer.
channel_replies as (

    select
        openings.message_key,
        min(replies.sent_at) as replied_at
    from openings
    inner join messages as replies
        on replies.connection_id = openings.connection_id
        and replies.channel_id = openings.channel_id
        and replies.sent_at > openings.sent_at
        and replies.sent_at <= dateadd(hour, 24, openings.sent_at)
    where replies.is_ours and not replies.is_reply
    group by openings.message_key

),

turns as (

    select
        openings.message_key as turn_key,
        openings.connection_id,
        openings.channel_id || '/' || openings.thread_ts as conversation_id,
        people.account_key,
        accounts.account_id,
        coalesce(people.person_key, 'email:' || openings.email) as person_key,
        openings.sent_at as started_at,
        coalesce(thread_replies.replied_at, channel_replies.replied_at) as replied_at
    from openings
    left join thread_replies on thread_replies.message_key = openings.message_key
    left join channel_replies on channel_replies.message_key = openings.message_key
    left join people on people.email = openings.email
    left join accounts on accounts.account_key = people.account_key

)

select * from turns
