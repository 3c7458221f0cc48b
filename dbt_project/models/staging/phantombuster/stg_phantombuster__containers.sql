with

records as (

    select * from {{ ref('base_records') }}
    where source = 'phantombuster' and stream = 'container'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as container_id,
        payload:agentId::varchar as agent_id,
        -- A delivery has no status: it is sent at the end.
        coalesce(payload:status::varchar, iff(payload:containerId is not null, 'finished', null)) as status,
        try_to_number(payload:exitCode::varchar) as exit_code,
        coalesce(
            try_to_number(payload:runDuration::varchar),
            try_to_number(payload:endedAt::varchar) - try_to_number(payload:launchedAt::varchar)
        ) as run_ms,
        try_to_number(payload:exitCode::varchar) = 0 as is_successful,
        to_timestamp_ntz(try_to_number(payload:createdAt::varchar), 3) as created_at,
        to_timestamp_ntz(try_to_number(payload:endedAt::varchar), 3) as ended_at,
        {{ record_times() }}
    from records

)

select * from typed
