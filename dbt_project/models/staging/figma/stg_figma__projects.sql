with

records as (

    select * from {{ ref('base_records') }}
    where source = 'figma' and stream = 'project'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as project_id,
        payload:team_id::varchar as team_id,
        payload:project:name::varchar as project_name,
        {{ record_times() }}
    from records

)

select * from typed
