with

intervals as (

    select * from {{ ref('int_deals__stage_intervals') }}

),

months as (

    select distinct
        dim_date.month_start_date,
        convert_timezone('{{ var("company_tz") }}', 'UTC', dim_date.month_start_date::timestamp_ntz) as starts_at
    from {{ ref('dim_date') }} as dim_date
    where
        dim_date.month_start_date >= (select min(valid_from)::date from intervals)
        and dim_date.month_start_date <= {{ business_date(as_of()) }}

),

entries as (

    select
        deal_key,
        source,
        pipeline_id,
        stage_id,
        min(valid_from) as entered_at
    from intervals
    where is_open
    group by deal_key, source, pipeline_id, stage_id

),

-- What had become of every deal when the month began; one that is open says nothing yet.
ends as (

    select
        months.month_start_date,
        intervals.deal_key,
        intervals.is_won
    from months
    inner join intervals
        on intervals.valid_from < months.starts_at
        and (intervals.valid_to >= months.starts_at or intervals.valid_to is null)
    where not intervals.is_open

),

counted as (

    select
        months.month_start_date,
        entries.source,
        entries.pipeline_id,
        entries.stage_id,
        count(*) as entered_n,
        count(ends.deal_key) as ended_n,
        count_if(ends.is_won) as won_n
    from months
    inner join entries
        on entries.entered_at < months.starts_at
        and entries.entered_at >= dateadd(day, -365, months.starts_at)
    left join ends on ends.month_start_date = months.month_start_date and ends.deal_key = entries.deal_key
    group by months.month_start_date, entries.source, entries.pipeline_id, entries.stage_id

),

shares as (

    select
        md5(
            month_start_date::varchar || '|' || source || '|' || pipeline_id || '|' || stage_id
        ) as stage_probability_key,
        source,
        pipeline_id,
        stage_id,
        entered_n,
        ended_n,
        won_n,
        iff(ended_n >= {{ var('stage_min_n') }}, won_n / ended_n, null)::number(5, 4) as empirical_probability,
        month_start_date
    from counted

)

select * from shares
