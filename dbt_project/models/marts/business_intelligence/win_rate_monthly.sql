with

today as (

    select {{ business_date(as_of()) }} as date_key

),

-- A month is told as of its last day, the present one as of today.
closed_then as (

    select closed_daily.*
    from {{ ref('int_deals__closed_daily') }} as closed_daily
    cross join today
    where
        closed_daily.is_decided
        and closed_daily.is_in_90_days
        and (closed_daily.date_key = last_day(closed_daily.date_key) or closed_daily.date_key = today.date_key)

),

rivals as (

    select * from {{ ref('int_deals__rivals_daily') }}

),

intervals as (

    select * from {{ ref('int_deals__stage_intervals') }}

),

-- A deal with two competitors counts once among the competitive ones, and once with either.
counted as (

    select
        closed_then.date_key,
        'all' as segment,
        '' as competitor_name,
        closed_then.deal_key,
        closed_then.is_won,
        closed_then.amount_usd
    from closed_then

    union all

    select distinct
        closed_then.date_key,
        'competitive' as segment,
        '' as competitor_name,
        closed_then.deal_key,
        closed_then.is_won,
        closed_then.amount_usd
    from closed_then
    inner join rivals on rivals.date_key = closed_then.date_key and rivals.deal_key = closed_then.deal_key

    union all

    select
        closed_then.date_key,
        'competitor' as segment,
        rivals.competitor_name,
        closed_then.deal_key,
        closed_then.is_won,
        closed_then.amount_usd
    from closed_then
    inner join rivals on rivals.date_key = closed_then.date_key and rivals.deal_key = closed_then.deal_key

),

sums as (

    select
        date_key,
        segment,
        competitor_name,
        count(*) as decided_n,
        count_if(is_won) as won_n,
        coalesce(sum(iff(is_won, amount_usd, 0)), 0) as won_usd,
        coalesce(sum(amount_usd), 0) as decided_usd
    from counted
    group by date_key, segment, competitor_name

),

-- At the same age for all: a win rate by closing date looks better while slow deals are still open.
aged as (

    select
        deal_key,
        min(deal_created_at) as created_at,
        dateadd(day, 180, min(deal_created_at)) as aged_at
    from intervals
    group by deal_key

),

cohorts as (

    select
        date_trunc('month', {{ business_date('aged.created_at') }})::date as month_start_date,
        count_if(intervals.is_won) as cohort_won_n,
        count_if(
            intervals.is_won or (
                intervals.is_lost
                and intervals.was_qualified
                and coalesce(intervals.lost_reason, '') not in ('duplicate', 'disqualified', 'test')
            )
        ) as cohort_decided_n
    from aged
    inner join intervals
        on intervals.deal_key = aged.deal_key
        and intervals.valid_from <= aged.aged_at
        and (intervals.valid_to > aged.aged_at or intervals.valid_to is null)
    group by date_trunc('month', {{ business_date('aged.created_at') }})::date
    having
        max(aged.aged_at) <= {{ as_of() }}
        and dateadd(day, 180, last_day(max({{ business_date('aged.created_at') }}))) < {{ business_date(as_of()) }}

),

{#- Wilson's interval stays within 0 and 1 and is honest about small samples; z of 95 %. -#}
{%- set z = 1.959964 %}

rates as (

    select
        *,
        iff(decided_n >= {{ var('kpi_min_n') }}, won_n / decided_n, null) as win_rate,
        (won_n / decided_n + {{ z * z }} / (2 * decided_n)) / (1 + {{ z * z }} / decided_n) as centre,
        {{ z }} * sqrt(
            (won_n / decided_n) * (1 - won_n / decided_n) / decided_n + {{ z * z }} / (4 * decided_n * decided_n)
        ) / (1 + {{ z * z }} / decided_n) as half_width
    from sums

),

typed as (

    select
        md5(
            date_trunc('month', rates.date_key)::date::varchar || '|' || rates.segment || '|' || rates.competitor_name
        ) as win_rate_key,
        rates.segment::varchar as segment,
        nullif(rates.competitor_name, '')::varchar as competitor_name,
        rates.won_n::number(18, 0) as won_n,
        rates.decided_n::number(18, 0) as decided_n,
        rates.won_usd::number(18, 2) as won_usd,
        rates.decided_usd::number(18, 2) as decided_usd,
        rates.win_rate::number(7, 6) as win_rate,
        iff(rates.win_rate is null, null, greatest(0, rates.centre - rates.half_width))::number(7, 6) as win_rate_low,
        iff(rates.win_rate is null, null, least(1, rates.centre + rates.half_width))::number(7, 6) as win_rate_high,
        iff(rates.win_rate is null, null, rates.won_usd / nullif(rates.decided_usd, 0))::number(7, 6)
            as win_rate_by_value,
        iff(rates.segment = 'all', cohorts.cohort_won_n, null)::number(18, 0) as cohort_won_n,
        iff(rates.segment = 'all', cohorts.cohort_decided_n, null)::number(18, 0) as cohort_decided_n,
        iff(
            rates.segment = 'all' and cohorts.cohort_decided_n >= {{ var('kpi_min_n') }},
            cohorts.cohort_won_n / nullif(cohorts.cohort_decided_n, 0),
            null
        )::number(7, 6) as cohort_win_rate,
        date_trunc('month', rates.date_key)::date as month_start_date,
        rates.date_key as as_of_date
    from rates
    left join cohorts on cohorts.month_start_date = date_trunc('month', rates.date_key)::date

)

select * from typed
