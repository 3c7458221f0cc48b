-- Days on which the wide table and the long one disagree, in either direction.
with

pivoted as (

    select
        date_key,
        max(case when kpi = 'revenue_mtd' then value end)::number(18, 2) as revenue_mtd,
        max(case when kpi = 'pipeline_value' then value end)::number(18, 2) as pipeline_value,
        max(case when kpi = 'competitive_win_rate' then value end)::number(7, 6) as competitive_win_rate
    from {{ ref('kpi_rollups_detail') }}
    where dimension = 'company'
    group by date_key

),

different as (

    select
        rollups.date_key as rollup_date,
        pivoted.date_key as detail_date
    from {{ ref('kpi_rollups') }} as rollups
    full outer join pivoted on pivoted.date_key = rollups.date_key
    where
        pivoted.date_key is null
        or rollups.date_key is null
        or pivoted.revenue_mtd is distinct from rollups.revenue_mtd
        or pivoted.pipeline_value is distinct from rollups.pipeline_value
        or pivoted.competitive_win_rate is distinct from rollups.competitive_win_rate

)

select * from different
