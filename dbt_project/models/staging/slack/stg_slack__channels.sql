with

records as (

    select * from {{ ref('base_records') }}
    where source = 'slack' and stream = 'channel'

),

newest_properties as (

    select
        record_id,
        max(iff(property_name = 'name', property_value, null)) as channel_name,
        max(iff(property_name = 'is_archived', property_value, null)) as is_archived
    from {{ ref('base_slack__channel_changes') }}
    where is_current
    group by record_id

),

typed as (

    select
        records.record_id,
        records.connection_id,
        records.entity_id as channel_id,
        records.payload:creator::varchar as creator_id,
        newest_properties.channel_name,
        records.payload:topic:value::varchar as topic,
        records.payload:purpose:value::varchar as purpose,
        try_to_number(records.payload:num_members::varchar) as member_count,
        coalesce(newest_properties.is_archived::boolean, false) as is_archived,
        coalesce(try_to_boolean(records.payload:is_private::varchar), false) as is_private,
        coalesce(try_to_boolean(records.payload:is_ext_shared::varchar), false) as is_shared_externally,
        {{ unix_time('records.payload:created') }} as created_at,
        {{ record_times() }}
    from records
    left join newest_properties on newest_properties.record_id = records.record_id

)

select * from typed
