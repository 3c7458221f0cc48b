with

incidents as (

    select * from {{ ref('int_metrics__incidents') }}

),

ledger as (

    select * from {{ ref('completeness_ledger') }}
    where not is_complete

),

templates as (

    select * from {{ ref('alert_templates') }}

),

today as (

    select {{ business_date(as_of()) }} as date_key

),

facts as (

    select
        incidents.incident_key as alert_id,
        incidents.kind,
        case
            when incidents.kind = 'stale_source' then 'stale_source'
            when incidents.pattern = 'drift' then 'drift_' || incidents.direction
            when incidents.effect_ratio is null then 'anomaly_from_nothing'
            else 'anomaly_' || incidents.direction
        end as template_key,
        incidents.severity,
        incidents.metric,
        incidents.dimension,
        incidents.source,
        incidents.label,
        incidents.unit,
        incidents.direction,
        incidents.direction != incidents.good_direction as is_bad,
        incidents.value,
        incidents.expected,
        abs(incidents.effect_ratio * 100)::number(18, 0) as effect_percent,
        incidents.z,
        incidents.days,
        incidents.metrics,
        null::number(18, 0) as listed,
        null::number(18, 0) as held,
        null::number(18, 0) as open_findings,
        -- It may go on: an anomaly is over after three quiet days, an outage with the first day that is known again.
        datediff(day, incidents.last_date, today.date_key)
        <= iff(incidents.kind = 'stale_source', 1, 4) as is_open,
        incidents.date_key,
        incidents.first_date,
        incidents.last_date
    from incidents
    cross join today

    union all

    select
        md5('incomplete|' || ledger.ledger_key) as alert_id,
        'incomplete' as kind,
        'incomplete' as template_key,
        iff(ledger.completeness_percent < 99, 'high', 'medium') as severity,
        null as metric,
        null as dimension,
        ledger.source,
        ledger.source || ' ' || ledger.stream as label,
        'records' as unit,
        null as direction,
        true as is_bad,
        null as value,
        null as expected,
        null as effect_percent,
        null as z,
        1 as days,
        0 as metrics,
        ledger.listed,
        ledger.held,
        ledger.unrepaired as open_findings,
        true as is_open,
        {{ business_date('ledger.checked_at') }} as date_key,
        {{ business_date('ledger.checked_at') }} as first_date,
        {{ business_date('ledger.checked_at') }} as last_date
    from ledger

),

{% set names = [
    ('label', 'facts.label'),
    ('amount', plain_number('facts.value') ~ " || iff(facts.unit in ('ratio', 'score'), '', coalesce(' ' || facts.unit, ''))"),
    ('source', 'facts.source'),
    ('date', 'facts.date_key::varchar'),
    ('first_date', 'facts.first_date::varchar'),
    ('last_date', 'facts.last_date::varchar'),
    ('expected', plain_number('facts.expected')),
    ('effect_percent', plain_number('facts.effect_percent')),
    ('metrics', plain_number('facts.metrics')),
    ('listed', plain_number('facts.listed')),
    ('held', plain_number('facts.held')),
    ('open_findings', plain_number('facts.open_findings')),
] -%}
{%- set sentence = namespace(sql='templates.template') -%}
{%- for name, fact in names -%}
{%- set sentence.sql = "replace(" ~ sentence.sql ~ ", '{" ~ name ~ "}', coalesce(" ~ fact ~ ", ''))" -%}
{%- endfor %}

told as (

    select
        facts.alert_id::varchar as alert_id,
        facts.kind::varchar as kind,
        facts.severity::varchar as severity,
        facts.metric::varchar as metric,
        facts.dimension::varchar as dimension,
        facts.source::varchar as source,
        {{ sentence.sql }}::varchar as sentence,
        facts.direction::varchar as direction,
        facts.value::number(24, 6) as value,
        facts.expected::number(24, 6) as expected,
        facts.effect_percent::number(18, 0) as effect_percent,
        facts.z::number(12, 4) as z,
        facts.days::number(9, 0) as days,
        facts.metrics::number(18, 0) as metrics,
        facts.listed::number(18, 0) as listed,
        facts.held::number(18, 0) as held,
        facts.open_findings::number(18, 0) as open_findings,
        facts.is_bad::boolean as is_bad,
        facts.is_open::boolean as is_open,
        facts.date_key::date as date_key,
        facts.first_date::date as first_date,
        facts.last_date::date as last_date
    from facts
    inner join templates on templates.template_key = facts.template_key

)

select * from told
