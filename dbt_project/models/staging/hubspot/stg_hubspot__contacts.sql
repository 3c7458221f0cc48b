with

{{ hubspot_objects('contact', {
    'email': 'email',
    'first_name': 'firstname',
    'last_name': 'lastname',
    'job_title': 'jobtitle',
    'company_id': 'associatedcompanyid',
    'lifecycle_stage': 'lifecyclestage',
    'owner_id': 'hubspot_owner_id',
    'created_at': 'createdate',
}) }},

typed as (

    select
        records.record_id,
        records.connection_id,
        records.entity_id as contact_id,
        merges.winner_id as merged_into_id,
        properties.company_id,
        properties.owner_id,
        lower(properties.email) as email,
        properties.first_name,
        properties.last_name,
        properties.job_title,
        properties.lifecycle_stage,
        merges.winner_id is not null as is_merged,
        {{ hubspot_time('properties.created_at') }} as created_at,
        merges.merged_at,
        {{ record_times() }}
    from records
    left join properties on properties.record_id = records.record_id
    left join merges on merges.loser_record_id = records.record_id

)

select * from typed
