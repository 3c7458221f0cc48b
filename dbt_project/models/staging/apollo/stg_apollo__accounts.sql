with

records as (

    select * from {{ ref('base_records') }}
    where source = 'apollo' and stream = 'account'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as account_id,
        payload:organization_id::varchar as organization_id,
        payload:owner_id::varchar as owner_id,
        payload:account_stage_id::varchar as account_stage_id,
        payload:salesforce_id::varchar as salesforce_account_id,
        payload:hubspot_id::varchar as hubspot_company_id,
        payload:name::varchar as account_name,
        lower(payload:domain::varchar) as domain,
        {{ utc('payload:created_at') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
