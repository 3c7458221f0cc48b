with

records as (

    select * from {{ ref('base_records') }}
    where source = 'hubspot' and stream = 'note'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as note_id,
        payload:properties:hubspot_owner_id::varchar as owner_id,
        payload:properties:hs_note_body::varchar as body_html,
        coalesce(
            {{ hubspot_time('payload:properties:hs_timestamp::varchar') }},
            {{ utc('payload:createdAt') }}
        ) as noted_at,
        {{ utc('payload:createdAt') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
