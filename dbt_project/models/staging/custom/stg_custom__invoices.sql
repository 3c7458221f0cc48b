with

records as (

    select * from {{ ref('base_records') }}
    where source = 'custom' and stream = 'invoice'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as invoice_id,
        payload:data:number::varchar as invoice_number,
        payload:data:customer_id::varchar as company_id,
        payload:data:subscription_id::varchar as subscription_id,
        payload:data:status::varchar as invoice_status,
        upper(payload:data:currency::varchar) as currency_code,
        (try_to_decimal(payload:data:total_cents::varchar, 18, 0) / 100)::number(18, 2) as total_amount,
        (try_to_decimal(payload:data:paid_cents::varchar, 18, 0) / 100)::number(18, 2) as paid_amount,
        try_to_date(payload:data:issued_on::varchar) as issued_on,
        try_to_date(payload:data:due_on::varchar) as due_on,
        {{ record_times() }}
    from records

)

select * from typed
