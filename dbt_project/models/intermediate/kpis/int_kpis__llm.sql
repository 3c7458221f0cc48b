with

days as (

    select * from {{ ref('llm_cost_daily') }}
    where slice = 'all'

),

-- A day without a paid call has 0 of both: no value, though all is known.
kpis as (

    select
        date_key,
        'llm_cost_efficiency'::varchar as kpi,
        paid_outcomes_n::number(24, 10) as numerator,
        coalesce(cost_usd, 0)::number(24, 10) as denominator,
        sample_n::number(18, 0) as sample_n,
        known_n::number(18, 0) as known_n
    from days

)

select * from kpis
