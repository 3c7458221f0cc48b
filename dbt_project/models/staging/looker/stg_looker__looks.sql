with

records as (

    select * from {{ ref('base_records') }}
    where source = 'looker' and stream = 'look'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as look_id,
        payload:folder_id::varchar as folder_id,
        payload:user_id::varchar as owner_id,
        payload:query_id::varchar as query_id,
        payload:title::varchar as title,
        try_to_number(payload:view_count::varchar) as view_count,
        {{ utc('payload:created_at') }} as created_at,
        {{ utc('payload:updated_at') }} as updated_at,
        {{ utc('payload:last_viewed_at') }} as last_viewed_at,
        {{ record_times() }}
    from records

)

select * from typed
