with

calls as (

    select * from {{ ref('int_calls__linked') }}

),

scores as (

    select * from {{ ref('int_calls__scores') }}

),

outcomes as (

    select * from {{ ref('int_calls__outcomes') }}

),

mentions as (

    select
        source_record_id as call_id,
        count(*) as mention_count,
        count(distinct competitor_name) as competitor_count,
        max(threat_level) as max_threat_level
    from {{ ref('int_competitors__scored') }}
    where source_system = 'gong'
    group by source_record_id

),

talking_points as (

    select
        call_id,
        count(*) as talking_point_count
    from {{ ref('int_calls__talking_points') }}
    group by call_id

),

facts as (

    select
        calls.call_id::varchar as call_id,
        calls.account_id::varchar as account_id,
        calls.account_key::varchar as account_key,
        calls.deal_key::varchar as deal_key,
        calls.account_evidence::varchar as account_evidence,
        calls.deal_evidence::varchar as deal_evidence,
        calls.title::varchar as title,
        calls.scope::varchar as scope,
        outcomes.outcome_category::varchar as outcome_category,
        outcomes.outcome_source::varchar as outcome_source,
        scores.sentiment_label::varchar as sentiment_label,
        scores.model_version::varchar as sentiment_model_version,
        scores.sentiment_score,
        scores.internal_sentiment,
        scores.sentiment_trend,
        calls.duration_s::number(18, 0) as duration_s,
        coalesce(scores.utterance_count, 0)::number(18, 0) as utterance_count,
        coalesce(scores.external_utterance_count, 0)::number(18, 0) as external_utterance_count,
        scores.external_talk_s,
        scores.internal_talk_s,
        (
            scores.external_talk_s / nullif(scores.external_talk_s + scores.internal_talk_s, 0)
        )::number(7, 6) as customer_talk_share,
        coalesce(mentions.mention_count, 0)::number(18, 0) as mention_count,
        coalesce(mentions.competitor_count, 0)::number(18, 0) as competitor_count,
        coalesce(talking_points.talking_point_count, 0)::number(18, 0) as talking_point_count,
        mentions.max_threat_level::number(1, 0) as max_threat_level,
        scores.call_id is not null as has_transcript,
        coalesce(scores.is_scored, false) as is_scored,
        calls.call_date::date as call_date,
        calls.started_at::timestamp_ntz as started_at
    from calls
    left join scores on scores.call_id = calls.call_id
    left join outcomes on outcomes.call_id = calls.call_id
    left join mentions on mentions.call_id = calls.call_id
    left join talking_points on talking_points.call_id = calls.call_id

)

select * from facts
