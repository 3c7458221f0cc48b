with

{{ salesforce_records('lead') }},

typed as (

    select
        record_id,
        connection_id,
        entity_id as lead_id,
        payload:OwnerId::varchar as owner_id,
        payload:ConvertedContactId::varchar as converted_contact_id,
        payload:ConvertedAccountId::varchar as converted_account_id,
        payload:ConvertedOpportunityId::varchar as converted_opportunity_id,
        lower(payload:Email::varchar) as email,
        payload:FirstName::varchar as first_name,
        payload:LastName::varchar as last_name,
        payload:Company::varchar as company_name,
        payload:Status::varchar as lead_status,
        coalesce(payload:IsConverted::varchar = 'true', false) as is_converted,
        try_to_date(payload:ConvertedDate::varchar) as converted_on,
        {{ salesforce_time('payload:CreatedDate') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
