with

customers as (

    select * from {{ ref('int_health__customers') }}

),

conversations as (

    select * from {{ ref('int_support__conversations') }}

),

turns as (

    select * from {{ ref('int_support__response_turns') }}

),

states as (

    select
        conversations.account_key,
        intervals.*
    from {{ ref('int_support__state_intervals') }} as intervals
    inner join conversations on conversations.conversation_key = intervals.conversation_key

),

person_map as (

    select * from {{ ref('int_identity__person_map') }}

),

known_people as (

    select * from {{ ref('int_identity__people') }}

),

ticket_ratings as (

    select * from {{ ref('stg_zendesk__ticket_changes') }}
    where not is_deleted and satisfaction in ('good', 'bad')

),

registered_people as (

    select
        record_id,
        created_at
    from {{ ref('stg_intercom__contacts') }}
    where not is_deleted

    union all

    select
        record_id,
        created_at
    from {{ ref('stg_zendesk__users') }}
    where not is_deleted and user_role = 'end-user'

),

-- Whoever can write to us and does not is content; whoever cannot is not known to be.
connected as (

    select
        known_people.account_key,
        min(registered_people.created_at) as connected_at
    from registered_people
    inner join person_map on person_map.record_id = registered_people.record_id
    inner join known_people on known_people.person_key = person_map.person_key
    where known_people.account_key is not null
    group by known_people.account_key

),

ratings as (

    select
        account_key,
        rating,
        rated_at
    from conversations
    where rating is not null and source_system = 'intercom'

    union all

    -- Zendesk asks for good or bad: the ends of a scale of five.
    select
        conversations.account_key,
        iff(ticket_ratings.satisfaction = 'good', 5, 1) as rating,
        ticket_ratings.changed_at as rated_at
    from ticket_ratings
    inner join conversations
        on conversations.source_system = 'zendesk'
        and conversations.connection_id = ticket_ratings.connection_id
        and conversations.conversation_id = ticket_ratings.ticket_id

),

-- As known then: an open question counts as late once its time was up, whatever came after.
questions as (

    select
        customers.customer_day_key,
        count_if(
            turns.due_at < least(
                customers.known_until, coalesce(turns.replied_at, customers.known_until)
            )
            or (
                turns.closed_at <= customers.known_until and turns.replied_at is null
            )
        ) as late_n,
        count(*) as question_n
    from customers
    inner join turns
        on turns.account_key = customers.account_key
        and turns.started_at > dateadd(day, -60, customers.known_until)
        and turns.started_at <= customers.known_until
    group by customers.customer_day_key

),

work as (

    select
        customers.customer_day_key,
        count(distinct iff(
            states.is_open
            and states.is_urgent
            and (states.valid_to > customers.known_until or states.valid_to is null),
            states.conversation_key,
            null
        )) as urgent_n,
        count_if(
            states.is_reopening and states.valid_from > dateadd(day, -60, customers.known_until)
        ) as reopening_n,
        count(distinct iff(states.is_open, states.conversation_key, null)) as worked_n
    from customers
    inner join states
        on states.account_key = customers.account_key
        and states.valid_from <= customers.known_until
        and (states.valid_to > dateadd(day, -60, customers.known_until) or states.valid_to is null)
    group by customers.customer_day_key

),

opinions as (

    select
        customers.customer_day_key,
        avg(ratings.rating)::number(9, 6) as average_rating
    from customers
    inner join ratings
        on ratings.account_key = customers.account_key
        and ratings.rated_at > dateadd(day, -60, customers.known_until)
        and ratings.rated_at <= customers.known_until
    group by customers.customer_day_key

),

support as (

    select
        customers.customer_day_key,
        customers.account_key,
        customers.date_key,
        coalesce(work.urgent_n, 0) as urgent_n,
        coalesce(questions.late_n, 0) as late_n,
        coalesce(questions.question_n, 0) as question_n,
        coalesce(work.reopening_n, 0) as reopening_n,
        coalesce(work.worked_n, 0) as worked_n,
        opinions.average_rating,
        iff(
            connected.connected_at <= customers.known_until,
            greatest(
                100
                - 15 * least(coalesce(work.urgent_n, 0), 3)
                - coalesce(40 * questions.late_n / nullif(questions.question_n, 0), 0)
                - coalesce(20 * least(work.reopening_n / nullif(work.worked_n, 0), 1), 0)
                - coalesce(7.5 * (5 - opinions.average_rating), 0),
                0
            ),
            null
        )::number(5, 2) as support_score
    from customers
    left join connected on connected.account_key = customers.account_key
    left join questions on questions.customer_day_key = customers.customer_day_key
    left join work on work.customer_day_key = customers.customer_day_key
    left join opinions on opinions.customer_day_key = customers.customer_day_key

)

select * from support
