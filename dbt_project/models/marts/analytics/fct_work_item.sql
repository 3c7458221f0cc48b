with

items as (

    select * from {{ ref('int_work__items') }}
    where not is_deleted

),

intervals as (

    select
        *,
        lag(state) over (partition by work_item_key order by valid_from) as previous_state
    from {{ ref('int_work__item_intervals') }}

),

spans as (

    select
        work_item_key,
        min(iff(state = 'started', valid_from, null)) as first_started_at,
        max(iff(valid_to is null, state, null)) as current_state,
        max(iff(valid_to is null and state = 'done', valid_from, null)) as done_at,
        count_if(state in ('todo', 'started') and previous_state in ('done', 'canceled')) as reopened_count
    from intervals
    group by work_item_key

),

facts as (

    select
        items.work_item_key::varchar as work_item_key,
        items.source::varchar as source,
        items.item_id::varchar as item_id,
        items.identifier::varchar as identifier,
        items.team::varchar as team,
        items.cycle_id::varchar as cycle_id,
        items.title::varchar as title,
        spans.current_state::varchar as state,
        spans.reopened_count::number(18, 0) as reopened_count,
        (datediff(second, items.created_at, spans.done_at) / 3600)::number(12, 4) as lead_hours,
        (datediff(second, spans.first_started_at, spans.done_at) / 3600)::number(12, 4) as active_hours,
        -- NULL while it may still come in time.
        case
            when items.due_at is not null and (spans.done_at is not null or items.due_at < {{ as_of() }})
                then coalesce(spans.done_at <= items.due_at, false)
            when items.due_at is null and spans.done_at is not null
                then {{ business_date('spans.done_at') }} <= items.due_date
            when items.due_at is null and items.due_date < {{ business_date(as_of()) }}
                then false
        end::boolean as is_on_time,
        items.due_date::date as due_date,
        items.created_at::timestamp_ntz as created_at,
        spans.first_started_at::timestamp_ntz as first_started_at,
        spans.done_at::timestamp_ntz as done_at
    from items
    left join spans on spans.work_item_key = items.work_item_key

)

select * from facts
