with

{{ hubspot_objects('deal', {
    'deal_name': 'dealname',
    'pipeline_id': 'pipeline',
    'stage_id': 'dealstage',
    'owner_id': 'hubspot_owner_id',
    'currency_code': 'deal_currency_code',
    'amount': 'amount',
    'lost_reason': 'closed_lost_reason',
    'competitor': var('competitor_property'),
    'opportunity_id': 'hs_salesforceopportunityid',
    'closed_at': 'closedate',
    'created_at': 'createdate',
}) }},

typed as (

    select
        records.record_id,
        records.connection_id,
        records.entity_id as deal_id,
        merges.winner_id as merged_into_id,
        properties.pipeline_id,
        properties.stage_id,
        properties.owner_id,
        properties.opportunity_id,
        properties.deal_name,
        upper(properties.currency_code) as currency_code,
        properties.lost_reason,
        properties.competitor,
        try_to_decimal(properties.amount, 18, 2) as amount,
        merges.winner_id is not null as is_merged,
        {{ hubspot_time('properties.closed_at') }} as closed_at,
        {{ hubspot_time('properties.created_at') }} as created_at,
        merges.merged_at,
        {{ record_times() }}
    from records
    left join properties on properties.record_id = records.record_id
    left join merges on merges.loser_record_id = records.record_id

)

select * from typed
