{#- What was once told stays told: rows are only added, and a full refresh leaves them. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='fail',
) }}

with

-- A day is published once it is over; today's numbers still move.
told as (

    select * from {{ ref('int_kpis__told') }}
    where date_key < {{ business_date(as_of()) }}

),

{% if is_incremental() -%}
last_tellings as (

    select * from {{ this }}
    qualify row_number() over (partition by kpi_key order by telling_number desc) = 1

),

{% endif -%}
tellings as (

    select
        told.*,
        {% if is_incremental() -%}
        coalesce(last_tellings.telling_number, 0) + 1 as telling_number
        {%- else -%}
        1 as telling_number
        {%- endif %}
    from told
    {% if is_incremental() -%}
    left join last_tellings on last_tellings.kpi_key = told.kpi_key
    where last_tellings.kpi_key is null or last_tellings.value is distinct from told.value
    {%- endif %}

),

typed as (

    select
        md5(kpi_key || '|' || telling_number::varchar) as telling_key,
        kpi_key,
        kpi::varchar as kpi,
        dimension::varchar as dimension,
        telling_number::number(9, 0) as telling_number,
        value::number(24, 6) as value,
        definition_version::number(9, 0) as definition_version,
        date_key,
        {{ as_of() }} as told_at
    from tellings

)

select * from typed
