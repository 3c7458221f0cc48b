with

days as (

    select
        date_key,
        month_start_date,
        -- Today is told as far as it has come.
        least(day_ends_at, {{ as_of() }}) as known_until
    from {{ ref('dim_date') }}
    where date_key > dateadd(day, -{{ var('kpi_days') }}, {{ business_date(as_of()) }})
        and date_key <= {{ business_date(as_of()) }}

),

deal_intervals as (

    select * from {{ ref('int_deals__stage_intervals') }}

),

deals as (

    select * from {{ ref('stg_hubspot__deals') }}

),

mentions as (

    select * from {{ ref('int_competitors__raw_mentions') }}
    where deal_key is not null

),

definitions as (

    select
        kpi,
        max(version) as definition_version
    from {{ ref('kpi_definitions') }}
    group by kpi

),

-- Every deal as it was known when the day ended, never as it is today.
deals_then as (

    select
        days.date_key,
        days.month_start_date,
        deal_intervals.*
    from days
    inner join deal_intervals
        on deal_intervals.valid_from < days.known_until
        and (deal_intervals.valid_to >= days.known_until or deal_intervals.valid_to is null)

),

-- A competitor counts when the CRM names it, or a call linked to the deal does, up to the close; later is hindsight.
competition as (

    select distinct
        deals_then.date_key,
        deals_then.deal_key
    from deals_then
    inner join deals on deals.record_id = deals_then.deal_key
    left join mentions
        on mentions.deal_key = deals_then.deal_key
        and mentions.mentioned_on <= deals_then.close_date
        and mentions.detected_at >= dateadd(day, -30, deals_then.deal_created_at)
    where not deals_then.is_open and (deals.competitor is not null or mentions.mention_id is not null)

),

decided as (

    select
        deals_then.*,
        competition.deal_key is not null as is_competitive,
        -- By the CRM's close date, not by when the stage changed; a re-opened deal leaves its month from that day on.
        deals_then.is_won
            and deals_then.close_date between deals_then.month_start_date and deals_then.date_key as is_booked,
        deals_then.close_date > dateadd(day, -90, deals_then.date_key)
            and deals_then.close_date <= deals_then.date_key
            and (
                deals_then.is_won
                or (
                    deals_then.is_lost
                    and coalesce(deals_then.lost_reason, '') not in ('duplicate', 'disqualified', 'test')
                )
            ) as is_decided
    from deals_then
    left join competition
        on competition.date_key = deals_then.date_key and competition.deal_key = deals_then.deal_key

),

sums as (

    select
        date_key,
        sum(iff(is_booked, amount_usd, 0)) as revenue,
        count_if(is_booked) as revenue_n,
        count_if(is_booked and amount_usd is not null) as revenue_known_n,
        sum(iff(is_open, amount_usd, 0)) as pipeline,
        sum(iff(is_open, amount_usd * probability, 0)) as pipeline_weighted,
        count_if(is_open) as open_n,
        count_if(is_open and amount_usd is not null) as open_known_n,
        count_if(is_open and amount_usd * probability is not null) as open_weighted_n,
        count_if(is_decided) as decided_n,
        count_if(is_decided and is_won) as won_n,
        count_if(is_decided and is_competitive) as competitive_n,
        count_if(is_decided and is_competitive and is_won) as competitive_won_n
    from decided
    group by date_key

),

-- No deal known yet means no answer; deals known and none won means 0.
measures as (

    select
        date_key,
        'revenue_mtd' as kpi,
        revenue as numerator,
        null as denominator,
        revenue_n as sample_n,
        revenue_known_n as known_n
    from sums

    union all

    select
        date_key,
        'pipeline_value' as kpi,
        pipeline_weighted as numerator,
        null as denominator,
        open_n as sample_n,
        open_weighted_n as known_n
    from sums

    union all

    select
        date_key,
        'pipeline_unweighted' as kpi,
        pipeline as numerator,
        null as denominator,
        open_n as sample_n,
        open_known_n as known_n
    from sums

    union all

    select
        date_key,
        'win_rate' as kpi,
        won_n as numerator,
        decided_n as denominator,
        decided_n as sample_n,
        decided_n as known_n
    from sums

    union all

    select
        date_key,
        'competitive_win_rate' as kpi,
        competitive_won_n as numerator,
        competitive_n as denominator,
        competitive_n as sample_n,
        competitive_n as known_n
    from sums

),

every_day as (

    select
        days.date_key,
        definitions.kpi,
        definitions.definition_version,
        measures.numerator,
        measures.denominator,
        coalesce(measures.sample_n, 0) as sample_n,
        measures.known_n
    from days
    cross join definitions
    left join measures on measures.date_key = days.date_key and measures.kpi = definitions.kpi

),

told as (

    select
        md5(date_key::varchar || '|' || kpi) as kpi_key,
        kpi,
        iff(kpi = 'revenue_mtd', '{{ var("revenue_basis") }}', null)::varchar as revenue_basis,
        case
            when denominator is null then numerator
            when sample_n >= {{ var('kpi_min_n') }} then numerator / nullif(denominator, 0)
        end::number(24, 6) as value,
        numerator::number(24, 6) as numerator,
        denominator::number(24, 6) as denominator,
        sample_n::number(18, 0) as sample_n,
        iff(numerator is null, 0, coalesce(known_n / nullif(sample_n, 0), 1))::number(7, 6) as coverage,
        definition_version::number(9, 0) as definition_version,
        date_key,
        {{ as_of() }} as computed_at
    from every_day

)

select * from told
