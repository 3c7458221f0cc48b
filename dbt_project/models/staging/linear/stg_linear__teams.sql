with

records as (

    select * from {{ ref('base_records') }}
    where source = 'linear' and stream = 'team'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as team_id,
        payload:key::varchar as team_key,
        payload:name::varchar as team_name,
        {{ utc('payload:createdAt') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
