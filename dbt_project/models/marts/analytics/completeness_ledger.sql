with

checks as (

    select * from {{ ref('stg_sophia__completeness') }}

),

newest as (

    select * from checks
    qualify row_number() over (
        partition by checked_source, checked_connection_id, checked_stream
        order by checked_at desc, window_end_at desc
    ) = 1

),

totals as (

    select
        checked_source,
        checked_connection_id,
        checked_stream,
        count(*) as windows,
        sum(listed) as listed,
        sum(held_before) as held_before,
        sum(held) as held,
        sum(by_webhook) as by_webhook,
        sum(by_pull) as by_pull,
        sum(repaired) as repaired,
        sum(unrepaired) as unrepaired,
        sum(requests) as requests,
        sum(received_bytes) as received_bytes,
        max(newest_at) as newest_record_at
    from checks
    group by checked_source, checked_connection_id, checked_stream

),

ledger as (

    select
        md5(totals.checked_source || '|' || totals.checked_connection_id || '|' || totals.checked_stream) as ledger_key,
        totals.checked_source as source,
        totals.checked_connection_id as connection_id,
        totals.checked_stream as stream,
        totals.listed::number(18, 0) as listed,
        totals.by_webhook::number(18, 0) as by_webhook,
        totals.by_pull::number(18, 0) as by_pull,
        totals.held_before::number(18, 0) as held_before,
        totals.held::number(18, 0) as held,
        totals.repaired::number(18, 0) as repaired,
        totals.unrepaired::number(18, 0) as unrepaired,
        iff(totals.listed = 0, 100, 100.0 * totals.held / totals.listed)::number(7, 3) as completeness_percent,
        coalesce(newest.error_message is null and totals.held = totals.listed and totals.unrepaired = 0, false)
            as is_complete,
        totals.requests::number(18, 0) as vendor_requests,
        totals.received_bytes::number(18, 0) as vendor_bytes,
        newest.window_end_at as checked_through,
        newest.checked_at,
        totals.newest_record_at,
        newest.error_message
    from totals
    inner join newest
        on newest.checked_source = totals.checked_source
        and newest.checked_connection_id = totals.checked_connection_id
        and newest.checked_stream = totals.checked_stream

)

select * from ledger
