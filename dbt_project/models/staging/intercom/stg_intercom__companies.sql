with

records as (

    select
        *,
        {{ record_at('data.item') }} as company
    from {{ ref('base_records') }}
    where source = 'intercom' and stream = 'company'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as company_id,
        company:company_id::varchar as external_id,
        company:name::varchar as company_name,
        company:plan:name::varchar as plan_name,
        company:industry::varchar as industry,
        company:website::varchar as website,
        try_to_double(company:monthly_spend::varchar) as monthly_spend,
        try_to_number(company:user_count::varchar) as user_count,
        try_to_number(company:session_count::varchar) as session_count,
        {{ unix_time('company:created_at') }} as created_at,
        {{ unix_time('company:last_request_at') }} as last_request_at,
        {{ record_times() }}
    from records

)

select * from typed
