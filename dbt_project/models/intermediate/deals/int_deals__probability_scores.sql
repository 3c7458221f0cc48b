with

intervals as (

    select * from {{ ref('int_deals__stage_intervals') }}

),

stage_probabilities as (

    select * from {{ ref('int_deals__stage_probabilities') }}

),

outcomes as (

    select
        deal_key,
        is_won,
        date_trunc('quarter', close_date)::date as quarter_start_date
    from intervals
    where valid_to is null and not is_open

),

-- What was forecast when a deal first entered a stage.
forecasts as (

    select
        deal_key,
        source,
        pipeline_id,
        stage_id,
        probability,
        date_trunc('month', {{ business_date('valid_from') }})::date as month_start_date
    from intervals
    where is_open
    qualify row_number() over (partition by deal_key, source, pipeline_id, stage_id order by valid_from) = 1

),

-- The same forecasts for both, or the comparison is none.
compared as (

    select
        outcomes.quarter_start_date,
        forecasts.probability as crm_probability,
        stage_probabilities.empirical_probability,
        iff(outcomes.is_won, 1, 0) as outcome
    from forecasts
    inner join outcomes on outcomes.deal_key = forecasts.deal_key
    inner join stage_probabilities
        on stage_probabilities.month_start_date = forecasts.month_start_date
        and stage_probabilities.source = forecasts.source
        and stage_probabilities.pipeline_id = forecasts.pipeline_id
        and stage_probabilities.stage_id = forecasts.stage_id
    where forecasts.probability is not null and stage_probabilities.empirical_probability is not null

),

scores as (

    select
        quarter_start_date,
        count(*) as forecast_n,
        avg((crm_probability - outcome) * (crm_probability - outcome))::number(7, 6) as crm_brier,
        avg(
            (empirical_probability - outcome) * (empirical_probability - outcome)
        )::number(7, 6) as empirical_brier
    from compared
    where dateadd(month, 3, quarter_start_date) <= {{ business_date(as_of()) }}
    group by quarter_start_date

)

select * from scores
