with

records as (

    select * from {{ ref('base_records') }}

),

streams as (

    select * from {{ ref('completeness') }}

),

ledger as (

    select * from {{ ref('completeness_ledger') }}

),

flaws as (

    select * from {{ ref('int_data_health__flaws') }}

),

freshness_limits as (

    select * from {{ ref('freshness_limits') }}

),

-- A webhook is late when it comes more than an hour after the change it tells; what a pull brings may be years old.
received as (

    select
        source,
        connection_id,
        stream,
        count_if(is_deleted) as deleted_records,
        count_if(lane = 'webhook' and source_updated_at is not null) as told_records,
        count_if(lane = 'webhook' and datediff(minute, source_updated_at, last_received_at) > 60) as late_records,
        count_if(last_received_at > dateadd(hour, -24, {{ as_of() }})) as recent_records
    from records
    group by source, connection_id, stream

),

flaws_by_kind as (

    select
        source,
        connection_id,
        stream,
        count(distinct record_id) as flawed_records,
        count(distinct iff(flaw = 'field_missing', record_id, null)) as field_missing,
        count(distinct iff(flaw = 'field_mistyped', record_id, null)) as field_mistyped,
        count(distinct iff(flaw in ('unknown_stage', 'unknown_currency'), record_id, null)) as unknown_value,
        count(distinct iff(flaw = 'in_the_future', record_id, null)) as in_the_future,
        count(distinct iff(
            flaw in ('call_without_participants', 'transcript_without_turns'), record_id, null
        )) as empty_records,
        count(distinct iff(
            flaw in ('field_missing', 'field_mistyped') and last_received_at > dateadd(hour, -24, {{ as_of() }}),
            record_id,
            null
        )) as recent_drifted_records
    from flaws
    group by source, connection_id, stream

),

-- A quiet stream may be no more than quiet; a source that tells nothing at all has stopped.
sources as (

    select
        streams.source,
        max(streams.last_received_at) as source_last_received_at,
        datediff(minute, max(streams.last_received_at), {{ as_of() }}) > 60 * max(freshness_limits.quiet_hours)
            as is_stale
    from streams
    left join freshness_limits on freshness_limits.source = streams.source
    group by streams.source

),

measured as (

    select
        streams.completeness_key as data_health_key,
        streams.source,
        streams.connection_id,
        streams.stream,
        streams.records,
        coalesce(received.deleted_records, 0) as deleted_records,
        streams.landed as events,
        streams.duplicates,
        streams.duplicates / nullif(streams.landed + streams.duplicates, 0) as duplicate_share,
        coalesce(received.late_records, 0) as late_records,
        received.late_records / nullif(received.told_records, 0) as late_share,
        coalesce(flaws_by_kind.flawed_records, 0) as flawed_records,
        coalesce(flaws_by_kind.field_missing, 0) as field_missing,
        coalesce(flaws_by_kind.field_mistyped, 0) as field_mistyped,
        coalesce(flaws_by_kind.unknown_value, 0) as unknown_value,
        coalesce(flaws_by_kind.in_the_future, 0) as in_the_future,
        coalesce(flaws_by_kind.empty_records, 0) as empty_records,
        streams.quarantined,
        coalesce(flaws_by_kind.recent_drifted_records, 0) / nullif(received.recent_records, 0) as drift_share,
        ledger.completeness_percent,
        ledger.unrepaired,
        ledger.is_complete,
        sources.is_stale,
        streams.last_received_at,
        greatest(0, datediff(minute, streams.last_received_at, {{ as_of() }})) / 60 as quiet_hours,
        ledger.checked_at
    from streams
    inner join sources on sources.source = streams.source
    left join received
        on received.source = streams.source
        and received.connection_id = streams.connection_id
        and received.stream = streams.stream
    left join flaws_by_kind
        on flaws_by_kind.source = streams.source
        and flaws_by_kind.connection_id = streams.connection_id
        and flaws_by_kind.stream = streams.stream
    left join ledger
        on ledger.source = streams.source
        and ledger.connection_id = streams.connection_id
        and ledger.stream = streams.stream

),

-- The worst first: of a source that has stopped, nothing else can be said.
judged as (

    select
        *,
        case
            when is_stale then 'stale'
            when not is_complete then 'incomplete'
            when drift_share > 0.01 then 'drifting'
            when flawed_records > 0 then 'flawed'
            else 'healthy'
        end as status
    from measured

),

told as (

    select
        data_health_key,
        source,
        connection_id,
        stream,
        status::varchar as status,
        records::number(18, 0) as records,
        deleted_records::number(18, 0) as deleted_records,
        events::number(18, 0) as events,
        duplicates::number(18, 0) as duplicates,
        duplicate_share::number(7, 6) as duplicate_share,
        late_records::number(18, 0) as late_records,
        late_share::number(7, 6) as late_share,
        flawed_records::number(18, 0) as flawed_records,
        field_missing::number(18, 0) as field_missing,
        field_mistyped::number(18, 0) as field_mistyped,
        unknown_value::number(18, 0) as unknown_value,
        in_the_future::number(18, 0) as in_the_future,
        empty_records::number(18, 0) as empty_records,
        quarantined::number(18, 0) as quarantined,
        drift_share::number(7, 6) as drift_share,
        completeness_percent::number(7, 3) as completeness_percent,
        unrepaired::number(18, 0) as unrepaired,
        is_complete::boolean as is_complete,
        is_stale::boolean as is_stale,
        quiet_hours::number(12, 2) as quiet_hours,
        last_received_at,
        checked_at,
        {{ as_of() }} as computed_at
    from judged

)

select * from told
