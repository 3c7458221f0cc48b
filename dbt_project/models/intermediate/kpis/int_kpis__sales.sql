with

days as (

    select
        date_key,
        -- Before the first known deal there is no answer; deals known and none won means 0.
        date_key >= (
            select min({{ business_date('valid_from') }})
            from {{ ref('int_deals__stage_intervals') }}
        ) as is_known
    from {{ ref('dim_date') }}
    where
        date_key > dateadd(day, -{{ var('kpi_days') }}, {{ business_date(as_of()) }})
        and date_key <= {{ business_date(as_of()) }}

),

closed_then as (

    select * from {{ ref('int_deals__closed_daily') }}

),

rivals as (

    select distinct
        date_key,
        deal_key
    from {{ ref('int_deals__rivals_daily') }}

),

open_then as (

    select * from {{ ref('fct_pipeline_daily') }}

),

closed_sums as (

    select
        closed_then.date_key,
        sum(iff(closed_then.is_booked, closed_then.amount_usd, 0)) as revenue,
        count_if(closed_then.is_booked) as revenue_n,
        count_if(closed_then.is_booked and closed_then.amount_usd is not null) as revenue_known_n,
        count_if(closed_then.is_decided and closed_then.is_in_90_days) as decided_n,
        count_if(closed_then.is_won and closed_then.is_in_90_days) as won_n,
        sum(iff(closed_then.is_decided and closed_then.is_in_90_days, closed_then.amount_usd, 0)) as decided_usd,
        sum(iff(closed_then.is_won and closed_then.is_in_90_days, closed_then.amount_usd, 0)) as won_usd,
        count_if(
            closed_then.is_decided and closed_then.is_in_90_days and closed_then.amount_usd is not null
        ) as decided_known_n,
        count_if(
            closed_then.is_decided and closed_then.is_in_90_days and rivals.deal_key is not null
        ) as competitive_n,
        count_if(
            closed_then.is_won and closed_then.is_in_90_days and rivals.deal_key is not null
        ) as competitive_won_n
    from closed_then
    left join rivals
        on rivals.date_key = closed_then.date_key
        and rivals.deal_key = closed_then.deal_key
    group by closed_then.date_key

),

open_sums as (

    select
        date_key,
        count(deal_key) as open_n,
        count(amount_usd) as open_known_n,
        count(weighted_usd) as weighted_known_n,
        count_if(is_stale) as stale_n,
        count_if(is_stale and amount_usd is not null) as stale_known_n,
        sum(amount_usd) as pipeline,
        sum(weighted_usd) as weighted,
        sum(empirical_weighted_usd) as empirical_weighted,
        sum(iff(is_stale, amount_usd, 0)) as stale
    from open_then
    group by date_key

),

sums as (

    select
        {%- for number in [
            'revenue', 'revenue_n', 'revenue_known_n', 'decided_n', 'won_n', 'decided_usd', 'won_usd',
            'decided_known_n', 'competitive_n', 'competitive_won_n'
        ] %}
        coalesce(closed_sums.{{ number }}, 0) as {{ number }},
        {%- endfor %}
        {%- for number in [
            'open_n', 'open_known_n', 'weighted_known_n', 'stale_n', 'stale_known_n', 'pipeline', 'weighted',
            'empirical_weighted', 'stale'
        ] %}
        coalesce(open_sums.{{ number }}, 0) as {{ number }},
        {%- endfor %}
        days.date_key
    from days
    left join closed_sums on closed_sums.date_key = days.date_key
    left join open_sums on open_sums.date_key = days.date_key
    where days.is_known

),

{#- kpi: numerator, denominator, sample, known -#}
{%- set kpis = {
    'revenue_mtd': ('revenue', 'null', 'revenue_n', 'revenue_known_n'),
    'pipeline_value': ('weighted', 'null', 'open_n', 'weighted_known_n'),
    'pipeline_unweighted': ('pipeline', 'null', 'open_n', 'open_known_n'),
    'pipeline_empirical': ('empirical_weighted', 'null', 'open_n', 'weighted_known_n'),
    'pipeline_stale': ('stale', 'null', 'stale_n', 'stale_known_n'),
    'win_rate': ('won_n', 'decided_n', 'decided_n', 'decided_n'),
    'win_rate_by_value': ('won_usd', 'decided_usd', 'decided_n', 'decided_known_n'),
    'competitive_win_rate': ('competitive_won_n', 'competitive_n', 'competitive_n', 'competitive_n'),
} %}

measures as (

    {% for kpi, (numerator, denominator, sample_n, known_n) in kpis.items() -%}
    select
        date_key,
        '{{ kpi }}' as kpi,
        {{ numerator }}::number(24, 6) as numerator,
        {{ denominator }}::number(24, 6) as denominator,
        {{ sample_n }}::number(18, 0) as sample_n,
        {{ known_n }}::number(18, 0) as known_n
    from sums
    {% if not loop.last -%}
    union all
    {% endif -%}
    {%- endfor %}
)

select * from measures
