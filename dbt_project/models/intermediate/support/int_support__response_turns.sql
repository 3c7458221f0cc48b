with

conversations as (

    select * from {{ ref('int_support__conversations') }}

),

messages as (

    select * from {{ ref('int_support__messages') }}
    where author_side in ('customer', 'colleague')

),

states as (

    select * from {{ ref('int_support__state_intervals') }}

),

calendar as (

    select * from {{ ref('int_calendar__business_minutes') }}

),

slack_team as (

    select * from {{ ref('support_teams') }}
    where source_system = 'slack' and source_team_id = 'any'

),

-- What ends a turn: a colleague's answer, or that the conversation was closed.
happenings as (

    select
        conversation_key,
        author_side as happening,
        sent_at as happened_at
    from messages

    union all

    select
        conversation_key,
        'closed' as happening,
        valid_from as happened_at
    from states
    where not is_open

),

-- In one second the question comes before its answer, and the answer before the closing.
numbered as (

    select
        *,
        count_if(happening != 'customer') over (
            partition by conversation_key
            order by happened_at, decode(happening, 'customer', 1, 'colleague', 2, 3)
            rows between unbounded preceding and current row
        ) as ends_so_far
    from happenings

),

starts as (

    select
        conversation_key,
        ends_so_far as turn_number,
        count(*) as message_count,
        min(happened_at) as started_at
    from numbered
    where happening = 'customer'
    group by conversation_key, ends_so_far

),

conversation_turns as (

    select
        md5(starts.conversation_key || '|' || starts.turn_number::varchar) as turn_key,
        conversations.source_system,
        conversations.connection_id,
        conversations.conversation_id,
        conversations.account_key,
        conversations.account_id,
        conversations.person_key,
        conversations.team,
        conversations.target_minutes,
        row_number() over (partition by starts.conversation_key order by starts.turn_number) as turn_number,
        starts.message_count,
        iff(
            row_number() over (partition by starts.conversation_key order by starts.turn_number) = 1,
            conversations.vendor_reply_s,
            null
        ) as vendor_reply_s,
        starts.started_at,
        iff(ends.happening = 'colleague', ends.happened_at, null) as replied_at,
        iff(ends.happening = 'closed', ends.happened_at, null) as closed_at
    from starts
    inner join conversations on conversations.conversation_key = starts.conversation_key
    left join numbered as ends
        on ends.conversation_key = starts.conversation_key
        and ends.ends_so_far = starts.turn_number + 1
        and ends.happening != 'customer'

),

every_turn as (

    select * from conversation_turns

    union all

    select
        slack_turns.turn_key,
        'slack' as source_system,
        slack_turns.connection_id,
        slack_turns.conversation_id,
        slack_turns.account_key,
        slack_turns.account_id,
        slack_turns.person_key,
        slack_team.team,
        slack_team.target_minutes,
        row_number() over (
            partition by slack_turns.connection_id, slack_turns.conversation_id
            order by slack_turns.started_at, slack_turns.turn_key
        ) as turn_number,
        1 as message_count,
        null as vendor_reply_s,
        slack_turns.started_at,
        slack_turns.replied_at,
        null as closed_at
    from {{ ref('int_support__slack_turns') }} as slack_turns
    cross join slack_team

),

-- An unanswered turn is as old as it has become: it is counted, never dropped.
waited as (

    select
        *,
        coalesce(replied_at, closed_at, {{ as_of() }}) as waited_until
    from every_turn

),

-- Business time up to an instant is that of the days before and of its own day; between two it is the difference.
counted as (

    select
        waited.*,
        start_day.business_seconds_before + least(
            greatest(coalesce(datediff(second, start_day.opens_at, waited.started_at), 0), 0),
            start_day.business_seconds
        ) as business_s_at_start,
        end_day.business_seconds_before + least(
            greatest(coalesce(datediff(second, end_day.opens_at, waited.waited_until), 0), 0),
            end_day.business_seconds
        ) as business_s_at_end
    from waited
    inner join calendar as start_day
        on start_day.team = waited.team
        and start_day.date_key = convert_timezone('UTC', start_day.time_zone, waited.started_at)::date
    inner join calendar as end_day
        on end_day.team = waited.team
        and end_day.date_key = convert_timezone('UTC', end_day.time_zone, waited.waited_until)::date

),

-- The instant at which the target is used up: in the day whose hours hold that much business time.
due as (

    select
        counted.*,
        dateadd(
            second,
            counted.business_s_at_start + 60 * counted.target_minutes - calendar.business_seconds_before,
            calendar.opens_at
        ) as due_at
    from counted
    left join calendar
        on calendar.team = counted.team
        and calendar.date_key >= dateadd(day, -1, counted.started_at::date)
        and calendar.date_key <= dateadd(day, 60, counted.started_at::date)
        and calendar.business_seconds > 0
        and calendar.business_seconds_before < counted.business_s_at_start + 60 * counted.target_minutes
        and calendar.business_seconds_before + calendar.business_seconds
        >= counted.business_s_at_start + 60 * counted.target_minutes

),

turns as (

    select
        turn_key,
        source_system,
        connection_id,
        conversation_id,
        account_key,
        account_id,
        person_key,
        team,
        case
            when replied_at is not null then 'answered'
            when closed_at is not null then 'closed'
            else 'open'
        end as outcome,
        turn_number,
        message_count,
        target_minutes,
        (datediff(second, started_at, waited_until) / 60)::number(12, 2) as calendar_minutes,
        ((business_s_at_end - business_s_at_start) / 60)::number(12, 2) as business_minutes,
        (vendor_reply_s / 60)::number(12, 2) as vendor_reply_minutes,
        -- Closed without an answer is missed; open and not due yet is neither.
        case
            when replied_at is not null then replied_at <= due_at
            when closed_at is not null then false
            when due_at < {{ as_of() }} then false
        end as is_within_target,
        replied_at is null as is_censored,
        started_at,
        replied_at,
        closed_at,
        waited_until,
        due_at
    from due

)

select * from turns
