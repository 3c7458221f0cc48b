{%- set measures = [
    ('deployments_per_day', 'dora', 1),
    ('lead_time_hours', 'dora', -1),
    ('change_failure_rate', 'dora', -1),
    ('recovery_hours', 'dora', -1),
    ('rework_rate', 'dora', -1),
    ('first_review_hours', 'flow', -1),
    ('cycle_hours', 'flow', -1),
    ('merged_per_engineer', 'flow', 1),
    ('cycle_completion_rate', 'delivery', 1),
    ('on_time_rate', 'delivery', 1),
] -%}
{%- set weights = {'dora': 0.4, 'flow': 0.3, 'delivery': 0.3} -%}
{%- set baseline_weeks = 26 -%}
{%- set least_baseline_weeks = 6 -%}
{%- set least_people = 3 -%}

with

team_weeks as (

    select * from {{ ref('int_work__team_weeks') }}

),

-- Up is good in every measure here.
measured as (

    {% for measure, part, sign in measures %}
    select
        team_week_key,
        team,
        week_start_date,
        active_people_n,
        '{{ measure }}' as measure,
        '{{ part }}' as part,
        {{ sign }} * {{ measure }}::float as value
    from team_weeks
    where {{ measure }} is not null
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

-- What is normal for a team are its own weeks before, those in which enough people worked.
baseline as (

    select
        measured.team_week_key,
        measured.part,
        measured.measure,
        measured.value,
        earlier.value as earlier_value,
        median(earlier.value) over (partition by measured.team_week_key, measured.measure) as normal_value
    from measured
    inner join measured as earlier
        on earlier.team = measured.team
        and earlier.measure = measured.measure
        and earlier.week_start_date < measured.week_start_date
        and earlier.week_start_date >= dateadd(week, -{{ baseline_weeks }}, measured.week_start_date)
        and earlier.active_people_n >= {{ least_people }}

),

spread as (

    select
        team_week_key,
        part,
        measure,
        max(value) as value,
        max(normal_value) as normal_value,
        median(abs(earlier_value - normal_value)) as median_deviation,
        avg(abs(earlier_value - normal_value)) as mean_deviation,
        count(*) as baseline_weeks_n
    from baseline
    group by team_week_key, part, measure

),

-- Both deviations are scaled to a standard deviation of normal values; the mean one serves where more than half of the
-- weeks were the same, as with failures. A measure that never moved has no scale and says nothing.
scored_measures as (

    select
        team_week_key,
        part,
        measure,
        baseline_weeks_n,
        least(
            greatest(
                (value - normal_value)
                / nullif(iff(median_deviation > 1e-9, 1.4826 * median_deviation, 1.2533 * mean_deviation), 0),
                -3
            ),
            3
        ) as z
    from spread
    where baseline_weeks_n >= {{ least_baseline_weeks }} and mean_deviation > 1e-9

),

parts as (

    select
        team_week_key,
        avg(iff(part = 'dora', z, null)) as dora_z,
        avg(iff(part = 'flow', z, null)) as flow_z,
        avg(iff(part = 'delivery', z, null)) as delivery_z,
        count(*) as measures_n,
        max(baseline_weeks_n) as baseline_weeks_n
    from scored_measures
    group by team_week_key

),

weighted as (

    select
        team_week_key,
        dora_z,
        flow_z,
        delivery_z,
        measures_n,
        baseline_weeks_n,
        (
            {% for part, weight in weights.items() %}
            {{ weight }} * coalesce({{ part }}_z, 0){{ ' +' if not loop.last }}
            {% endfor %}
        )
        / (
            {% for part, weight in weights.items() %}
            iff({{ part }}_z is null, 0, {{ weight }}){{ ' +' if not loop.last }}
            {% endfor %}
        ) as z
    from parts

),

told as (

    select
        team_weeks.team_week_key::varchar as team_week_key,
        team_weeks.team::varchar as team,
        case
            when team_weeks.active_people_n < {{ least_people }} then 'too_few_people'
            when weighted.team_week_key is null then 'no_baseline'
        end::varchar as not_scored_reason,
        iff(
            team_weeks.active_people_n >= {{ least_people }}, least(greatest(50 + 10 * weighted.z, 0), 100), null
        )::number(7, 4) as score,
        weighted.dora_z::number(7, 4) as dora_z,
        weighted.flow_z::number(7, 4) as flow_z,
        weighted.delivery_z::number(7, 4) as delivery_z,
        coalesce(weighted.measures_n, 0)::number(9, 0) as measures_n,
        coalesce(weighted.baseline_weeks_n, 0)::number(9, 0) as baseline_weeks_n,
        team_weeks.working_days_n::number(9, 0) as working_days_n,
        team_weeks.active_people_n::number(9, 0) as active_people_n,
        team_weeks.deployments_n::number(18, 0) as deployments_n,
        team_weeks.failed_n::number(18, 0) as failed_deployments_n,
        team_weeks.rework_n::number(18, 0) as rework_deployments_n,
        team_weeks.merged_n::number(18, 0) as merged_pull_requests_n,
        team_weeks.committed_n::number(18, 0) as committed_issues_n,
        team_weeks.completed_n::number(18, 0) as completed_issues_n,
        team_weeks.due_n::number(18, 0) as due_tasks_n,
        team_weeks.on_time_n::number(18, 0) as on_time_tasks_n,
        {% for measure, part, sign in measures -%}
        team_weeks.{{ measure }}::number(12, 4) as {{ measure }},
        {% endfor -%}
        team_weeks.week_start_date::date as week_start_date,
        team_weeks.told_at::timestamp_ntz as told_at
    from team_weeks
    left join weighted on weighted.team_week_key = team_weeks.team_week_key

)

select * from told
