with

records as (

    select * from {{ ref('base_records') }}
    where source = 'figma' and stream = 'file'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as file_key,
        payload:project_id::varchar as project_id,
        payload:team_id::varchar as team_id,
        payload:file:name::varchar as file_name,
        {{ utc('payload:file:last_modified') }} as last_modified_at,
        {{ record_times() }}
    from records

)

select * from typed
