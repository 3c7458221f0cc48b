with

records as (

    select * from {{ ref('base_records') }}
    where source = 'asana' and stream = 'story'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as story_id,
        payload:target:gid::varchar as task_id,
        payload:created_by:gid::varchar as user_id,
        lower(payload:type::varchar) as story_type,
        lower(payload:resource_subtype::varchar) as story_subtype,
        payload:text::varchar as story_text,
        try_to_boolean(payload:is_edited::varchar) as is_edited,
        {{ utc('payload:created_at') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
