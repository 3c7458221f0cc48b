{#-
  A record's fields are looked at when something of it landed. One that was flawed keeps a row without a flaw once it is
  mended or gone; so does the record that landed last, which tells the next run where to go on. A change of
  expected_fields() needs a full refresh.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='record_id',
    on_schema_change='fail',
) }}

with

landed as (

    select
        record_id,
        source,
        stream,
        payload,
        is_deleted,
        landed_at
    from {{ ref('base_records') }}
    {%- if is_incremental() %}
    where landed_at >= {{ read_again_from() }}
    {%- endif %}

),

records as (

    select * from landed
    where not is_deleted

),

-- Only whole records are looked at: of what was heard in parts alone, absence says nothing.
field_flaws as (

    {% for source_name, stream, field, value, kind, is_required in expected_fields() %}
    select
        record_id,
        '{{ field }}' as field,
        {%- if is_required %}
        iff({{ value }}::varchar is null, 'field_missing', 'field_mistyped') as flaw
        {%- else %}
        'field_mistyped' as flaw
        {%- endif %}
    from records
    where
        source = '{{ source_name }}'
        and stream = '{{ stream }}'
        and payload is not null
        and (
            {%- if is_required %}
            {{ value }}::varchar is null
            or {% endif %}
            {{ is_mistyped(value, kind) }}
        )
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

newest as (

    select record_id
    from landed
    order by landed_at desc, record_id
    limit 1

),

to_be_told as (

    select
        landed.record_id,
        field_flaws.field,
        field_flaws.flaw,
        landed.landed_at
    from landed
    left join field_flaws on field_flaws.record_id = landed.record_id
    where
        field_flaws.flaw is not null
        {%- if is_incremental() %}
        or landed.record_id in (select record_id from {{ this }})
        {%- endif %}
        or landed.record_id in (select record_id from newest)

),

keyed as (

    select
        md5(record_id || '|' || coalesce(flaw, '') || '|' || coalesce(field, '')) as field_flaw_key,
        *
    from to_be_told

)

select * from keyed
