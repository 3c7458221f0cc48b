with

details as (

    select * from {{ ref('kpi_rollups_detail') }}
    where dimension = 'company'

),

rollups as (

    select
        date_key,
        max(iff(kpi = 'revenue_mtd', value, null))::number(18, 2) as revenue_mtd,
        max(iff(kpi = 'pipeline_value', value, null))::number(18, 2) as pipeline_value,
        max(iff(kpi = 'customer_health_score', value, null))::number(5, 2) as customer_health_score,
        max(iff(kpi = 'competitive_win_rate', value, null))::number(7, 6) as competitive_win_rate,
        max(iff(kpi = 'team_productivity_score', value, null))::number(5, 2) as team_productivity_score,
        max(iff(kpi = 'llm_cost_efficiency', value, null))::number(18, 6) as llm_cost_efficiency
    from details
    group by date_key

)

select * from rollups
