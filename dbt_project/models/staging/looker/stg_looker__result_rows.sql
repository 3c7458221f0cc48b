with

results as (

    select
        record_id,
        connection_id,
        payload:kind::varchar as result_kind,
        payload:id::varchar as result_name,
        try_to_boolean(payload:is_truncated::varchar) as is_truncated,
        payload:rows as result_rows,
        is_deleted,
        last_received_at
    from {{ ref('base_records') }}
    where source = 'looker' and stream = 'result'

),

typed as (

    select
        md5(results.record_id || '|' || result_row.index::varchar) as result_row_key,
        results.connection_id,
        results.result_kind,
        results.result_name,
        result_row.index + 1 as row_number,
        result_row.value as row_values,
        results.is_truncated,
        results.is_deleted,
        results.last_received_at
    from results
    inner join lateral flatten(input => results.result_rows) as result_row

)

select * from typed
