with

records as (

    select
        *,
        {{ record_at('data') }} as need
    from {{ ref('base_records') }}
    where source = 'linear' and stream = 'customer_need'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as customer_need_id,
        coalesce(need:customer:id::varchar, need:customerId::varchar) as customer_id,
        coalesce(need:issue:id::varchar, need:issueId::varchar) as issue_id,
        coalesce(need:project:id::varchar, need:projectId::varchar) as project_id,
        coalesce(need:creator:id::varchar, need:creatorId::varchar) as creator_id,
        need:body::varchar as body,
        coalesce(try_to_double(need:priority::varchar) = 1, false) as is_important,
        {{ utc('need:createdAt') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
