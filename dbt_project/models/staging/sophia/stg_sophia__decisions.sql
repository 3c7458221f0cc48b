with

records as (

    select * from {{ ref('base_records') }}
    where source = 'sophia' and stream = 'decision'

),

typed as (

    select
        record_id,
        entity_id as decision_id,
        payload:superseded_by::varchar as superseded_by_id,
        payload:title::varchar as title,
        payload:context::varchar as context,
        payload:rationale::varchar as rationale,
        payload:alternatives as alternatives,
        lower(payload:owner::varchar) as owner_email,
        lower(payload:recorded_by::varchar) as recorded_by_email,
        payload:reversal_reason::varchar as reversal_reason,
        payload:expected_outcome:kpi::varchar as outcome_kpi,
        payload:expected_outcome:direction::varchar as expected_direction,
        try_to_number(payload:expected_outcome:window_days::varchar) as window_days,
        try_to_date(payload:review_on::varchar) as review_on,
        {{ utc('payload:decided_at') }} as decided_at,
        {{ utc('payload:recorded_at') }} as recorded_at,
        {{ utc('payload:reversed_at') }} as reversed_at,
        {{ record_times() }}
    from records

)

select * from typed
