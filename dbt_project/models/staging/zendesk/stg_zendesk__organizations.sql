with

records as (

    select * from {{ ref('base_records') }}
    where source = 'zendesk' and stream = 'organization'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as organization_id,
        payload:external_id::varchar as external_id,
        payload:group_id::varchar as group_id,
        payload:name::varchar as organization_name,
        payload:domain_names as domain_names,
        payload:tags as tags,
        {{ utc('payload:created_at') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
