with

{{ hubspot_objects('company', {
    'company_name': 'name',
    'domain': 'domain',
    'industry': 'industry',
    'lifecycle_stage': 'lifecyclestage',
    'owner_id': 'hubspot_owner_id',
    'annual_revenue': 'annualrevenue',
    'created_at': 'createdate',
}) }},

typed as (

    select
        records.record_id,
        records.connection_id,
        records.entity_id as company_id,
        merges.winner_id as merged_into_id,
        properties.owner_id,
        properties.company_name,
        lower(regexp_replace(regexp_replace(properties.domain, '^(https?://)?(www[.])?', ''), '/.*$', '')) as domain,
        properties.industry,
        properties.lifecycle_stage,
        try_to_decimal(properties.annual_revenue, 18, 2) as annual_revenue,
        merges.winner_id is not null as is_merged,
        {{ hubspot_time('properties.created_at') }} as created_at,
        merges.merged_at,
        {{ record_times() }}
    from records
    left join properties on properties.record_id = records.record_id
    left join merges on merges.loser_record_id = records.record_id

)

select * from typed
