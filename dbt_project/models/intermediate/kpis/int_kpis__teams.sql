with

days as (

    {{ kpi_days() }}

),

team_weeks as (

    select * from {{ ref('team_productivity_weekly') }}

),

weeks as (

    select
        week_start_date,
        told_at,
        sum(score)::number(18, 4) as score_total,
        count(score) as scored_n,
        count(*) as teams_n
    from team_weeks
    group by week_start_date, told_at

),

-- A day tells the newest week that could be told by then.
newest as (

    select
        days.date_key,
        weeks.score_total,
        weeks.scored_n,
        weeks.teams_n
    from days
    left join weeks on weeks.told_at <= days.known_until
    qualify row_number() over (partition by days.date_key order by weeks.week_start_date desc nulls last) = 1

),

measures as (

    select
        date_key,
        'team_productivity_score' as kpi,
        score_total as numerator,
        nullif(scored_n, 0) as denominator,
        coalesce(teams_n, 0) as sample_n,
        coalesce(scored_n, 0) as known_n
    from newest

)

select * from measures
