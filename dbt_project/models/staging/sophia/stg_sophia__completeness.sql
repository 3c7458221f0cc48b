with

records as (

    select * from {{ ref('base_records') }}
    where source = 'sophia' and stream = 'completeness'

),

typed as (

    select
        record_id,
        payload:source::varchar as checked_source,
        payload:connection_id::varchar as checked_connection_id,
        payload:stream::varchar as checked_stream,
        {{ utc('payload:window_start') }} as window_start_at,
        {{ utc('payload:window_end') }} as window_end_at,
        {{ utc('payload:checked_at') }} as checked_at,
        payload:listed::number(18, 0) as listed,
        payload:vendor_total::number(18, 0) as vendor_total,
        payload:by_webhook::number(18, 0) as by_webhook,
        payload:by_pull::number(18, 0) as by_pull,
        payload:held_before::number(18, 0) as held_before,
        payload:held::number(18, 0) as held,
        payload:missing::number(18, 0) as missing,
        payload:stale::number(18, 0) as stale,
        payload:deleted_unseen::number(18, 0) as deleted_unseen,
        payload:unlisted::number(18, 0) as unlisted,
        payload:repaired::number(18, 0) as repaired,
        payload:unrepaired::number(18, 0) as unrepaired,
        payload:requests::number(18, 0) as requests,
        payload:received_bytes::number(18, 0) as received_bytes,
        payload:repair_requests::number(18, 0) as repair_requests,
        {{ utc('payload:newest_at') }} as newest_at,
        payload:error::varchar as error_message,
        {{ record_times() }}
    from records

)

select * from typed
