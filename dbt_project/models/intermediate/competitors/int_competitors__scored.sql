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

lexicon as (

    select * from {{ ref('sentiment_lexicon') }}

),

customer_words as (

    select
        mention_id,
        mention_context
    from mentions
    where is_by_customer

),

{{ lexicon_scores('customer_words', 'mention_id', 'mention_context') }},

-- Taken to words once, not for every phrase they are compared with.
said as (

    select
        mention_id,
        {{ words('mention_context') }} as said_words,
        {{ words("'than ' || heard_as") }} as worse_words
    from mentions

),

threats as (

    select
        reason,
        {{ words('phrase') }} as phrase_words
    from phrases

),

-- What is said well of a competitor is said against us, unless the sentence is about us. After "than" stands the one
-- that comes off worse.
stances as (

    select
        said.mention_id,
        case
            when regexp_like(said.said_words, '.* than (you|your|yours|pay ready|payready) .*') then -scored.sentiment
            when contains(said.said_words, said.worse_words) then scored.sentiment
            when regexp_like(said.said_words, '.* (you|your|yours|pay ready|payready) .*') then scored.sentiment
            else -scored.sentiment
        end::number(5, 4) as sentiment
    from said
    inner join scored on scored.text_key = said.mention_id

),

languages as (

    select
        said.mention_id,
        min(threats.reason) as language
    from said
    inner join threats on contains(said.said_words, threats.phrase_words)
    group by said.mention_id

),

mention_days as (

    select distinct
        mentioned_on,
        least({{ end_of_business_date('mentioned_on') }}, {{ as_of() }}) as known_until
    from mentions

),

-- Large is the upper quarter of what was open on the day of the mention; among fewer than four deals none is large.
large_deals as (

    select
        mention_days.mentioned_on,
        percentile_cont(0.75) within group (order by deal_intervals.amount_usd) as amount_p75_usd
    from mention_days
    inner join deal_intervals
        on deal_intervals.valid_from < mention_days.known_until
        and (deal_intervals.valid_to >= mention_days.known_until or deal_intervals.valid_to is null)
    where deal_intervals.is_open and deal_intervals.amount_usd is not null
    group by mention_days.mentioned_on
    having count(*) >= 4

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
        on earlier.account_key = mentions.account_key
        and earlier.competitor_name = mentions.competitor_name
        and earlier.source_record_id != mentions.source_record_id
        and earlier.detected_at < mentions.detected_at
        and earlier.detected_at >= dateadd(day, -30, mentions.detected_at)

),

-- The points of threat_level. A renewal within 120 days gives none until contracts with an end have landed.
pointed as (

    select
        mentions.*,
        stances.sentiment,
        languages.language,
        iff(mentions.is_by_customer, 2, 0) as customer_points,
        iff(languages.language is not null, 2, 0) as language_points,
        case
            when deals_then.amount_usd >= large_deals.amount_p75_usd then 1
            when deals_then.mention_id is not null then 0.5
            else 0
        end as deal_points,
        case
            when stances.sentiment <= -0.25 then 1
            when stances.sentiment >= 0.25 then -1
            else 0
        end as sentiment_points,
        null::number(3, 1) as renewal_points,
        iff(
            mentions.is_by_customer
            and regexp_like(
                {{ words('mentions.speaker_title') }},
                '.* (chief|ceo|cfo|coo|cto|president|owner|partner|director|head of|vp) .*'
            ),
            1,
            0
        ) as decision_maker_points,
        iff(repeats.mention_id is not null, 1, 0) as repeat_points
    from mentions
    left join stances on stances.mention_id = mentions.mention_id
    left join languages on languages.mention_id = mentions.mention_id
    left join deals_then on deals_then.mention_id = mentions.mention_id
    left join large_deals on large_deals.mentioned_on = mentions.mentioned_on
    left join repeats on repeats.mention_id = mentions.mention_id

),

summed as (

    select
        *,
        (
            customer_points + language_points + deal_points + sentiment_points + coalesce(renewal_points, 0)
            + decision_maker_points + repeat_points
        )::number(5, 1) as points
    from pointed

),

levelled as (

    select
        *,
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
            case when sentiment_points > 0 then 'against us' when sentiment_points < 0 then 'in our favour' end,
            iff(decision_maker_points > 0, 'said by a decision-maker', null),
            iff(repeat_points > 0, 'again within 30 days', null)
        ))::array as threat_reasons
    from summed

)

select * from levelled
