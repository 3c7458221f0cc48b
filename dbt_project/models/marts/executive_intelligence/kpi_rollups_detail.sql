with

told as (

    select * from {{ ref('int_kpis__told') }}

),

tellings as (

    select * from {{ ref('kpi_as_reported') }}

),

reported as (

    select
        kpi_key,
        max(iff(telling_number = 1, value, null)) as as_reported_value,
        max(iff(telling_number > 1, told_at, null)) as restated_at
    from tellings
    group by kpi_key

),

details as (

    select
        told.kpi_key::varchar as kpi_key,
        told.kpi::varchar as kpi,
        told.dimension::varchar as dimension,
        iff(told.kpi = 'revenue_mtd', '{{ var("revenue_basis") }}', null)::varchar as revenue_basis,
        told.value::number(24, 6) as value,
        told.numerator::number(24, 6) as numerator,
        told.denominator::number(24, 6) as denominator,
        told.sample_n::number(18, 0) as sample_n,
        told.coverage::number(7, 6) as coverage,
        reported.as_reported_value::number(24, 6) as as_reported_value,
        told.definition_version::number(9, 0) as definition_version,
        told.date_key,
        reported.restated_at::timestamp_ntz as restated_at,
        {{ as_of() }} as computed_at
    from told
    left join reported on reported.kpi_key = told.kpi_key

)

select * from details
