with

{{ salesforce_records('merge') }},

typed as (

    select
        record_id,
        connection_id,
        entity_id as loser_id,
        payload:MasterRecordId::varchar as winner_id,
        payload:attributes:type::varchar as object_type,
        {{ salesforce_time('payload:SystemModstamp') }} as merged_at,
        {{ record_times() }}
    from records

)

select * from typed
