with

records as (

    select * from {{ ref('base_records') }}
    where source = 'custom' and stream = 'payment'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as payment_id,
        payload:data:invoice_id::varchar as invoice_id,
        payload:data:customer_id::varchar as company_id,
        payload:data:method::varchar as payment_method,
        payload:data:status::varchar as payment_status,
        payload:data:failure_reason::varchar as failure_reason,
        upper(payload:data:currency::varchar) as currency_code,
        (try_to_decimal(payload:data:amount_cents::varchar, 18, 0) / 100)::number(18, 2) as amount,
        {{ record_times() }}
    from records

)

select * from typed
