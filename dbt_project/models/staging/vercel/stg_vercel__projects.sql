with

records as (

    select * from {{ ref('base_records') }}
    where source = 'vercel' and stream = 'project'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as project_id,
        payload:accountId::varchar as team_id,
        payload:name::varchar as project_name,
        payload:framework::varchar as framework,
        to_timestamp_ntz(try_to_number(payload:createdAt::varchar), 3) as created_at,
        {{ record_times() }}
    from records

)

select * from typed
