with

{{ salesforce_records('opportunity') }},

typed as (

    select
        record_id,
        connection_id,
        entity_id as opportunity_id,
        payload:AccountId::varchar as account_id,
        payload:OwnerId::varchar as owner_id,
        payload:Name::varchar as opportunity_name,
        payload:StageName::varchar as stage_name,
        payload:Type::varchar as opportunity_type,
        payload:LeadSource::varchar as lead_source,
        upper(payload:CurrencyIsoCode::varchar) as currency_code,
        try_to_decimal(payload:Amount::varchar, 18, 2) as amount,
        try_to_decimal(payload:Probability::varchar, 5, 2) as probability_percent,
        coalesce(payload:IsClosed::varchar = 'true', false) as is_closed,
        coalesce(payload:IsWon::varchar = 'true', false) as is_won,
        try_to_date(payload:CloseDate::varchar) as close_on,
        {{ salesforce_time('payload:CreatedDate') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
