with

records as (

    select * from {{ ref('base_records') }}
    where source = 'apollo' and stream = 'contact'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as contact_id,
        payload:person_id::varchar as person_id,
        payload:account_id::varchar as account_id,
        payload:owner_id::varchar as owner_id,
        payload:contact_stage_id::varchar as contact_stage_id,
        payload:salesforce_contact_id::varchar as salesforce_contact_id,
        payload:salesforce_lead_id::varchar as salesforce_lead_id,
        payload:hubspot_vid::varchar as hubspot_contact_id,
        lower(payload:email::varchar) as email,
        lower(payload:email_status::varchar) as email_status,
        payload:first_name::varchar as first_name,
        payload:last_name::varchar as last_name,
        payload:title::varchar as job_title,
        payload:organization_name::varchar as company_name,
        {{ utc('payload:last_activity_date') }} as last_activity_at,
        {{ utc('payload:created_at') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
