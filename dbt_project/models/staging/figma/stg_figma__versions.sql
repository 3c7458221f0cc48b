with

records as (

    select * from {{ ref('base_records') }}
    where source = 'figma' and stream = 'version'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as version_key,
        split_part(entity_id, '/', 1) as file_key,
        split_part(entity_id, '/', 2) as version_id,
        -- A listing and a webhook name the person and the text alike, but for the key of the person.
        coalesce(payload:user:id::varchar, payload:triggered_by:id::varchar) as user_id,
        coalesce(payload:user:handle::varchar, payload:triggered_by:handle::varchar) as full_name,
        payload:label::varchar as label,
        payload:description::varchar as description,
        nullif(payload:label::varchar, '') is not null as is_named,
        {{ utc('payload:created_at') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
