with

{{ salesforce_records('contact') }},

typed as (

    select
        record_id,
        connection_id,
        entity_id as contact_id,
        payload:AccountId::varchar as account_id,
        payload:OwnerId::varchar as owner_id,
        lower(payload:Email::varchar) as email,
        payload:FirstName::varchar as first_name,
        payload:LastName::varchar as last_name,
        payload:Title::varchar as job_title,
        {{ salesforce_time('payload:CreatedDate') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
