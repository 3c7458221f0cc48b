with

conversations as (

    select * from {{ ref('int_support__conversations') }}

),

intercom as (

    select * from {{ ref('stg_intercom__conversations') }}
    where not is_deleted

),

intercom_parts as (

    select * from {{ ref('stg_intercom__conversation_parts') }}
    where not is_deleted

),

comments as (

    select * from {{ ref('stg_zendesk__ticket_comments') }}
    where is_public and not is_deleted

),

tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

zendesk_users as (

    select * from {{ ref('stg_zendesk__users') }}

),

-- The first message is the conversation's own. A customer who writes to a closed conversation opens it: that part is a
-- message too, and so is a closing with words. Notes are ours alone; what an assignment says, the customer never sees.
intercom_messages as (

    select
        record_id as conversation_key,
        'first' as message_id,
        author_type,
        created_at as sent_at
    from intercom

    union all

    select
        conversations.conversation_key,
        intercom_parts.part_id as message_id,
        intercom_parts.author_type,
        intercom_parts.created_at as sent_at
    from intercom_parts
    inner join conversations
        on conversations.source_system = 'intercom'
        and conversations.connection_id = intercom_parts.connection_id
        and conversations.conversation_id = intercom_parts.conversation_id
    where
        intercom_parts.part_type = 'comment'
        or (
            intercom_parts.part_type in ('open', 'close')
            and (intercom_parts.body_text is not null or intercom_parts.is_redacted)
        )

),

zendesk_messages as (

    select
        conversations.conversation_key,
        comments.comment_id as message_id,
        -- Of a deleted user nothing is told any more, not even whether it was a customer: the ticket's own roles stay.
        case
            when zendesk_users.user_role is not null then zendesk_users.user_role
            when comments.author_id = tickets.requester_id then 'end-user'
            when comments.author_id = tickets.assignee_id then 'agent'
        end as user_role,
        comments.created_at as sent_at
    from comments
    inner join conversations
        on conversations.source_system = 'zendesk'
        and conversations.connection_id = comments.connection_id
        and conversations.conversation_id = comments.ticket_id
    left join tickets on tickets.record_id = conversations.conversation_key
    left join zendesk_users
        on zendesk_users.connection_id = comments.connection_id
        and zendesk_users.user_id = comments.author_id

),

-- Who is neither a customer nor a colleague (a bot, the system, a team, somebody unknown) answers nobody.
told as (

    select
        conversation_key,
        message_id,
        case
            when author_type in ('user', 'lead', 'contact') then 'customer'
            when author_type = 'admin' then 'colleague'
            else 'other'
        end as author_side,
        sent_at
    from intercom_messages

    union all

    select
        conversation_key,
        message_id,
        case
            when user_role = 'end-user' then 'customer'
            when user_role in ('agent', 'admin') then 'colleague'
            else 'other'
        end as author_side,
        sent_at
    from zendesk_messages

),

messages as (

    select
        md5(conversation_key || '|' || message_id) as message_key,
        conversation_key,
        message_id,
        author_side,
        sent_at
    from told
    where sent_at <= {{ as_of() }}

)

select * from messages
