with

{{ salesforce_records('opportunity_field_history') }},

typed as (

    select
        record_id,
        connection_id,
        entity_id as change_id,
        payload:OpportunityId::varchar as opportunity_id,
        payload:CreatedById::varchar as changed_by_id,
        payload:Field::varchar as field_name,
        payload:OldValue::varchar as old_value,
        payload:NewValue::varchar as new_value,
        {{ salesforce_time('payload:CreatedDate') }} as changed_at,
        {{ record_times() }}
    from records

)

select * from typed
