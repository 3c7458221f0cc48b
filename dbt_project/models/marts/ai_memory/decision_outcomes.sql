with

decisions as (

    select * from {{ ref('decisions') }}
    where outcome_kpi is not null

),

kpis as (

    select
        kpi,
        date_key,
        value
    from {{ ref('kpi_rollups_detail') }}
    where value is not null

),

-- The day of the decision itself is on neither side.
compared as (

    select
        decisions.decision_id,
        decisions.outcome_kpi,
        decisions.expected_direction,
        decisions.window_days,
        decisions.decided_on,
        decisions.reversed_at,
        dateadd(day, decisions.window_days, decisions.decided_on)::date as window_ends_on,
        count_if(kpis.date_key < decisions.decided_on) as days_before,
        count_if(kpis.date_key > decisions.decided_on) as days_after,
        avg(iff(kpis.date_key < decisions.decided_on, kpis.value, null)) as value_before,
        avg(iff(kpis.date_key > decisions.decided_on, kpis.value, null)) as value_after
    from decisions
    left join kpis
        on kpis.kpi = decisions.outcome_kpi
        and kpis.date_key != decisions.decided_on
        and kpis.date_key >= dateadd(day, -decisions.window_days, decisions.decided_on)
        and kpis.date_key <= dateadd(day, decisions.window_days, decisions.decided_on)
    group by
        decisions.decision_id,
        decisions.outcome_kpi,
        decisions.expected_direction,
        decisions.window_days,
        decisions.decided_on,
        decisions.reversed_at

),

-- Half a window would compare the start of a month with the whole of one.
measured as (

    select
        *,
        window_ends_on < {{ business_date(as_of()) }} as is_over,
        iff(is_over, value_after, null) as told_after,
        round(iff(is_over, value_after, null) - value_before, 6) as change
    from compared

),

told as (

    select
        decision_id,
        outcome_kpi,
        expected_direction,
        case
            when not is_over then 'running'
            when change is null then 'not_measurable'
            when change = 0 then 'unchanged'
            when (change > 0) = (expected_direction = 'up') then 'as_expected'
            else 'against_expectation'
        end::varchar as outcome,
        window_days,
        days_before::number(9, 0) as days_before,
        iff(is_over, days_after, 0)::number(9, 0) as days_after,
        value_before::number(24, 6) as value_before,
        told_after::number(24, 6) as value_after,
        change::number(24, 6) as change,
        -- What was taken back within the window may have worked for a part of it only.
        coalesce({{ business_date('reversed_at') }} <= window_ends_on, false) as was_reversed_within_window,
        decided_on,
        window_ends_on
    from measured

)

select * from told
