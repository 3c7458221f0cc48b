with

scored as (

    select * from {{ ref('int_competitors__scored') }}

),

mentions as (

    select
        mention_id,
        account_id,
        account_key,
        deal_key,
        competitor_name,
        source_system,
        source_record_id,
        mention_context,
        heard_as,
        confidence,
        sentiment,
        threat_level,
        threat_reasons,
        is_by_customer,
        detected_at,
        received_at
    from scored

)

select * from mentions
