with

conversations as (

    select * from {{ ref('int_support__conversations') }}

),

parts as (

    select * from {{ ref('stg_intercom__conversation_parts') }}
    where not is_deleted and part_type in ('open', 'close')

),

ticket_changes as (

    select * from {{ ref('stg_zendesk__ticket_changes') }}
    where not is_deleted and (status is not null or priority is not null)

),

-- Intercom does not tell since when a conversation is marked as a priority: no conversation of its is urgent here.
told as (

    select
        conversation_key,
        'open' as state,
        null as priority,
        created_at as changed_at,
        '0' as place
    from conversations
    where source_system = 'intercom'

    union all

    select
        conversations.conversation_key,
        iff(parts.part_type = 'close', 'closed', 'open') as state,
        null as priority,
        parts.created_at as changed_at,
        parts.record_id as place
    from parts
    inner join conversations
        on conversations.source_system = 'intercom'
        and conversations.connection_id = parts.connection_id
        and conversations.conversation_id = parts.conversation_id

    union all

    select
        conversations.conversation_key,
        case
            when ticket_changes.status in ('solved', 'closed', 'deleted') then 'closed'
            when ticket_changes.status is not null then 'open'
        end as state,
        ticket_changes.priority,
        ticket_changes.changed_at,
        ticket_changes.change_key as place
    from ticket_changes
    inner join conversations
        on conversations.source_system = 'zendesk'
        and conversations.connection_id = ticket_changes.connection_id
        and conversations.conversation_id = ticket_changes.ticket_id

),

-- What an event does not set stays as it was.
filled as (

    select
        conversation_key,
        changed_at,
        place,
        last_value(state) ignore nulls over (
            partition by conversation_key
            order by changed_at, place
            rows between unbounded preceding and current row
        ) as state,
        last_value(priority) ignore nulls over (
            partition by conversation_key
            order by changed_at, place
            rows between unbounded preceding and current row
        ) as priority
    from told
    where changed_at <= {{ as_of() }}

),

one_per_instant as (

    select * from filled
    qualify row_number() over (partition by conversation_key, changed_at order by place desc) = 1

),

intervals as (

    select
        md5(conversation_key || '|' || changed_at::varchar) as interval_key,
        conversation_key,
        coalesce(state = 'open', false) as is_open,
        coalesce(priority in ('urgent', 'high'), false) as is_urgent,
        coalesce(
            state = 'open' and lag(state) over (partition by conversation_key order by changed_at) = 'closed', false
        ) as is_reopening,
        changed_at as valid_from,
        lead(changed_at) over (partition by conversation_key order by changed_at) as valid_to
    from one_per_instant

)

select * from intervals
