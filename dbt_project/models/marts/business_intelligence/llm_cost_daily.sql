with

dates as (

    select date_key from {{ ref('dim_date') }}
    where date_key <= {{ business_date(as_of()) }}

),

sums as (

    select * from {{ ref('int_llm__daily_sums') }}

),

-- Every day from the first call of a slice on, those without any included.
spine as (

    select
        dates.date_key,
        slices.slice,
        slices.slice_value
    from (
        select
            slice,
            slice_value,
            min(date_key) as first_date
        from sums
        group by slice, slice_value
    ) as slices
    inner join dates on dates.date_key >= slices.first_date

),

days as (

    select
        md5(spine.date_key::varchar || '|' || spine.slice || '|' || spine.slice_value)::varchar as cost_key,
        spine.slice::varchar as slice,
        spine.slice_value::varchar as slice_value,
        coalesce(sums.requests_n, 0)::number(18, 0) as requests_n,
        coalesce(sums.outcomes_n, 0)::number(18, 0) as outcomes_n,
        coalesce(sums.superseded_n, 0)::number(18, 0) as superseded_n,
        coalesce(sums.failed_n, 0)::number(18, 0) as failed_n,
        coalesce(sums.sample_n, 0)::number(18, 0) as sample_n,
        coalesce(sums.known_n, 0)::number(18, 0) as known_n,
        coalesce(sums.paid_outcomes_n, 0)::number(18, 0) as paid_outcomes_n,
        -- Calls to be paid of which no cost is known: the day's cost is not 0, it is unknown.
        iff(sums.sample_n > 0 and sums.known_n = 0, null, coalesce(sums.cost_usd, 0))::number(24, 10) as cost_usd,
        (sums.paid_outcomes_n / nullif(sums.cost_usd, 0))::number(24, 6) as outcomes_per_usd,
        (sums.cost_usd / nullif(sums.paid_outcomes_n, 0))::number(24, 10) as cost_per_outcome_usd,
        (1000 * sums.cost_usd / nullif(sums.paid_tokens, 0))::number(24, 10) as cost_per_1k_tokens_usd,
        coalesce(sums.cache_saving_usd, 0)::number(24, 10) as cache_saving_usd,
        (sums.unreported_n / nullif(sums.used_n, 0))::number(7, 6) as unreported_share,
        sums.latency_p95_ms::number(18, 0) as latency_p95_ms,
        spine.date_key
    from spine
    left join sums
        on sums.date_key = spine.date_key
        and sums.slice = spine.slice
        and sums.slice_value = spine.slice_value

)

select * from days
