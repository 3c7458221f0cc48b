with

changes as (

    select * from {{ ref('base_linear__issue_changes') }}

),

typed as (

    select
        change_id,
        record_id,
        connection_id,
        entity_id as issue_id,
        property_name,
        previous_value as old_value,
        property_value as new_value,
        evidence,
        is_first,
        is_current,
        changed_at,
        replaced_at
    from changes

)

select * from typed
