with

{{ salesforce_records('opportunity_history') }},

typed as (

    select
        record_id,
        connection_id,
        entity_id as history_id,
        payload:OpportunityId::varchar as opportunity_id,
        payload:CreatedById::varchar as changed_by_id,
        payload:StageName::varchar as stage_name,
        try_to_decimal(payload:Amount::varchar, 18, 2) as amount,
        try_to_decimal(payload:Probability::varchar, 5, 2) as probability_percent,
        try_to_date(payload:CloseDate::varchar) as close_on,
        {{ salesforce_time('payload:CreatedDate') }} as entered_at,
        {{ record_times() }}
    from records

)

select * from typed
