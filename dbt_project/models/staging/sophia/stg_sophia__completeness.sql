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
        try_to_decimal(payload:listed::varchar, 18, 0) as listed,
        try_to_decimal(payload:vendor_total::varchar, 18, 0) as vendor_total,
        try_to_decimal(payload:by_webhook::varchar, 18, 0) as by_webhook,
        try_to_decimal(payload:by_pull::varchar, 18, 0) as by_pull,
        try_to_decimal(payload:held_before::varchar, 18, 0) as held_before,
        try_to_decimal(payload:held::varchar, 18, 0) as held,
        try_to_decimal(payload:missing::varchar, 18, 0) as missing,
        try_to_decimal(payload:stale::varchar, 18, 0) as stale,
        try_to_decimal(payload:deleted_unseen::varchar, 18, 0) as deleted_unseen,
        try_to_decimal(payload:unlisted::varchar, 18, 0) as unlisted,
        try_to_decimal(payload:repaired::varchar, 18, 0) as repaired,
        try_to_decimal(payload:unrepaired::varchar, 18, 0) as unrepaired,
        try_to_decimal(payload:requests::varchar, 18, 0) as requests,
        try_to_decimal(payload:received_bytes::varchar, 18, 0) as received_bytes,
        try_to_decimal(payload:repair_requests::varchar, 18, 0) as repair_requests,
        {{ utc('payload:newest_at') }} as newest_at,
        payload:error::varchar as error_message,
        {{ record_times() }}
    from records

)

select * from typed
