with

{{ salesforce_records('account') }},

typed as (

    select
        record_id,
        connection_id,
        entity_id as account_id,
        payload:ParentId::varchar as parent_id,
        payload:OwnerId::varchar as owner_id,
        payload:Name::varchar as account_name,
        payload:Type::varchar as account_type,
        payload:Industry::varchar as industry,
        -- The domain is what the CRMs and mail addresses share.
        lower(regexp_replace(payload:Website::varchar, '^(https?://)?(www[.])?|/.*$', '')) as domain,
        try_to_number(payload:NumberOfEmployees::varchar) as employee_count,
        {{ salesforce_time('payload:CreatedDate') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
