with

mentions as (

    select * from {{ ref('int_competitors__raw_mentions') }}

),

deal_intervals as (

    select * from {{ ref('int_deals__stage_intervals') }}

),

phrases as (

    select * from {{ ref('threat_phrases') }}

),

large_deals as (

    select percentile_cont(0.75) within group (order by amount_usd) as amount_p75_usd
    from deal_intervals
    where valid_to is null

),

languages as (

    select
        mentions.mention_id,
        min(phrases.reason) as language
    from mentions
    inner join phrases on contains({{ words('mentions.mention_context') }}, {{ words('phrases.phrase') }})
    group by mentions.mention_id

),

deals_then as (

    select
        mentions.mention_id,
        deal_intervals.amount_usd
    from mentions
    inner join deal_intervals
        on deal_intervals.deal_key = mentions.deal_key
        and deal_intervals.valid_from <= mentions.detected_at
        and (deal_intervals.valid_to > mentions.detected_at or deal_intervals.valid_to is null)
    where deal_intervals.is_open

),

-- Earlier within 30 days, in another record: three sentences of one call are one warning.
repeats as (

    select distinct mentions.mention_id
    from mentions
    inner join mentions as earlier
        on earlier.account_id = mentions.account_id
        and earlier.competitor_name = mentions.competitor_name
        and earlier.source_record_id != mentions.source_record_id
        and earlier.detected_at < mentions.detected_at
        and earlier.detected_at >= dateadd(day, -30, mentions.detected_at)

),

-- The points of threat_level (docs/kpis). What needs sentiment or renewal dates gives no points until those land.
pointed as (

    select
        mentions.*,
        iff(mentions.is_by_customer, 2, 0) as customer_points,
        iff(languages.language is not null, 2, 0) as language_points,
        case
            when deals_then.amount_usd >= large_deals.amount_p75_usd then 1
            when deals_then.mention_id is not null then 0.5
            else 0
        end as deal_points,
        iff(
            mentions.is_by_customer
            and regexp_like(
                lower(mentions.speaker_title),
                '.*(chief|ceo|cfo|coo|president|owner|director|head of|vp).*'
            ),
            1,
            0
        ) as decision_maker_points,
        iff(repeats.mention_id is not null, 1, 0) as repeat_points,
        languages.language
    from mentions
    cross join large_deals
    left join languages on languages.mention_id = mentions.mention_id
    left join deals_then on deals_then.mention_id = mentions.mention_id
    left join repeats on repeats.mention_id = mentions.mention_id

),

summed as (

    select
        *,
        (
            customer_points + language_points + deal_points + decision_maker_points + repeat_points
        )::number(5, 1) as points
    from pointed

),

levelled as (

    select
        mention_id,
        account_id,
        deal_key,
        competitor_name,
        source_system,
        mention_context,
        null::number(5, 4) as sentiment,
        case
            when points < 1 then 1
            when points < 2.5 then 2
            when points < 4 then 3
            when points < 6 then 4
            else 5
        end::number(1, 0) as threat_level,
        array_compact(array_construct(
            iff(customer_points > 0, 'said by the customer', null),
            language,
            case when deal_points = 1 then 'large open deal' when deal_points > 0 then 'open deal' end,
            iff(decision_maker_points > 0, 'said by a decision-maker', null),
            iff(repeat_points > 0, 'again within 30 days', null)
        ))::array as threat_reasons,
        detected_at
    from summed

)

select * from levelled
