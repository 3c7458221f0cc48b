with

records as (

    select * from {{ ref('base_records') }}
    where source = 'hubspot' and stream = 'association'

),

typed as (

    select
        record_id,
        connection_id,
        split_part(entity_id, ':', 1) as from_type,
        split_part(entity_id, ':', 2) as from_id,
        split_part(entity_id, ':', 3) as to_type,
        split_part(entity_id, ':', 4) as to_id,
        split_part(entity_id, ':', 5) as association_type,
        payload:label::varchar as label,
        coalesce(
            try_to_boolean(payload:isPrimaryAssociation::varchar),
            lower(payload:label::varchar) = 'primary',
            false
        ) as is_primary,
        {{ record_times() }}
    from records

)

select * from typed
