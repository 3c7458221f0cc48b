with

versions as (

    select * from {{ ref('base_sophia__decision_versions') }}

),

told as (

    select
        version_key,
        decision_id,
        version_number::number(9, 0) as version_number,
        changed_fields::array as changed_fields,
        payload:title::varchar as title,
        payload:context::varchar as context,
        payload:rationale::varchar as rationale,
        lower(payload:owner::varchar) as owner_email,
        lower(payload:recorded_by::varchar) as recorded_by_email,
        payload:reversal_reason::varchar as reversal_reason,
        payload:superseded_by::varchar as superseded_by_id,
        payload:alternatives::array as alternatives,
        try_to_date(payload:review_on::varchar) as review_on,
        {{ utc('payload:decided_at') }} as decided_at,
        {{ utc('payload:reversed_at') }} as reversed_at,
        valid_from,
        valid_to
    from versions

)

select * from told
