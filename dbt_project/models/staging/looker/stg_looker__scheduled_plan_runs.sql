with

records as (

    select * from {{ ref('base_records') }}
    where source = 'looker' and stream = 'scheduled_plan_run'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as run_id,
        payload:scheduled_plan:scheduled_plan_id::varchar as scheduled_plan_id,
        payload:scheduled_plan:title::varchar as title,
        payload:scheduled_plan:url::varchar as content_url,
        lower(payload:scheduled_plan:type::varchar) as content_kind,
        payload:attachment:extension::varchar as attachment_format,
        occurred_at as received_at,
        {{ record_times() }}
    from records

)

select * from typed
