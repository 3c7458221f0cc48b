with

records as (

    select
        *,
        {{ record_at('data') }} as label
    from {{ ref('base_records') }}
    where source = 'linear' and stream = 'issue_label'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as label_id,
        coalesce(label:team:id::varchar, label:teamId::varchar) as team_id,
        label:name::varchar as label_name,
        {{ utc('label:createdAt') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
