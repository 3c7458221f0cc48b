{{ config(materialized='incremental', incremental_strategy='delete+insert') }}

{%- set told = [
    'title', 'context', 'rationale', 'owner', 'review_on', 'alternatives', 'expected_outcome', 'reversed_at',
    'reversal_reason', 'superseded_by'
] %}

with

events as (

    {{ touched_events('sophia', ['decision']) }}

),

-- Recorded again word for word is no edit, whichever of the two came first.
compared as (

    select
        *,
        row_number() over (partition by record_id order by source_updated_at, event_id) as recording,
        array_construct_compact(
            {%- for name in told %}
            iff(
                payload:{{ name }}::varchar is distinct from lag(payload:{{ name }}::varchar) over (
                    partition by record_id
                    order by source_updated_at, event_id
                ),
                '{{ name }}',
                null
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ) as changed_fields,
        max(landed_at) over (partition by record_id) as record_landed_at
    from events
    where operation = 'upsert'

),

versions as (

    select
        md5(record_id || '|' || event_id) as version_key,
        record_id,
        entity_id as decision_id,
        payload,
        row_number() over (partition by record_id order by source_updated_at, event_id) as version_number,
        iff(recording = 1, array_construct(), changed_fields) as changed_fields,
        source_updated_at as valid_from,
        lead(source_updated_at) over (partition by record_id order by source_updated_at, event_id) as valid_to,
        received_at,
        record_landed_at as landed_at
    from compared
    where recording = 1 or array_size(changed_fields) > 0

)

select * from versions
