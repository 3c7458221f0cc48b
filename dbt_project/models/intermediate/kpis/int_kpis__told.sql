{#- Every subject's KPIs in one shape. A new subject is one more name here. -#}
{%- set subjects = ['int_kpis__sales', 'int_kpis__health', 'int_kpis__teams', 'int_kpis__llm'] %}

with

days as (

    select date_key
    from {{ ref('dim_date') }}
    where
        date_key > dateadd(day, -{{ var('kpi_days') }}, {{ business_date(as_of()) }})
        and date_key <= {{ business_date(as_of()) }}

),

definitions as (

    select * from {{ ref('kpi_definitions') }}

),

measures as (

    {% for subject in subjects -%}
    select * from {{ ref(subject) }}
    {% if not loop.last -%}
    union all
    {% endif -%}
    {%- endfor %}
),

told as (

    select
        md5(days.date_key::varchar || '|' || definitions.kpi || '|company') as kpi_key,
        definitions.kpi,
        'company' as dimension,
        case
            when coalesce(measures.sample_n, 0) < definitions.min_n and measures.denominator is not null then null
            when measures.denominator is null then measures.numerator
            else measures.numerator / nullif(measures.denominator, 0)
        end::number(24, 6) as value,
        measures.numerator,
        measures.denominator,
        coalesce(measures.sample_n, 0) as sample_n,
        case
            when measures.numerator is null then 0
            else coalesce(measures.known_n / nullif(measures.sample_n, 0), 1)
        end::number(7, 6) as coverage,
        definitions.version as definition_version,
        days.date_key
    from days
    cross join definitions
    left join measures on measures.date_key = days.date_key and measures.kpi = definitions.kpi

)

select * from told
