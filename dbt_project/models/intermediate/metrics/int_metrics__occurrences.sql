{#- What happened, each thing once: an instant, or a day where the vendor tells no instant. -#}
{%- set told_by_instant = [
    ('calls_held', "'all'", 'int_calls__linked', 'started_at', 'true'),
    ('tickets_opened', "'zendesk'", 'stg_zendesk__tickets', 'created_at', 'not is_deleted'),
    ('tickets_opened', "'intercom'", 'stg_intercom__conversations', 'created_at', 'not is_deleted'),
    ('deals_created', "'all'", 'stg_hubspot__deals', 'created_at', 'not is_deleted and not is_merged'),
    ('pull_requests_merged', "'all'", 'stg_github__pull_requests', 'merged_at', 'not is_deleted'),
    ('deployments', "'vercel'", 'stg_vercel__deployments', 'created_at', 'not is_deleted and is_production'),
    ('issues_completed', "'all'", 'stg_linear__issues', 'completed_at', 'not is_deleted'),
    ('tasks_completed', "'all'", 'stg_asana__tasks', 'completed_at', 'not is_deleted and is_completed'),
] -%}

with

{% for metric, dimension, model, instant, condition in told_by_instant %}
{{ metric }}_{{ loop.index }} as (

    select
        '{{ metric }}' as metric,
        {{ dimension }} as dimension,
        {{ business_date(instant) }} as date_key,
        1 as amount
    from {{ ref(model) }}
    where {{ instant }} <= {{ as_of() }} and {{ condition }}

),

{% endfor %}
-- They come in masses: their day was worked out when they came.
messages as (

    select
        'messages_sent' as metric,
        'all' as dimension,
        sent_on as date_key,
        1 as amount
    from {{ ref('int_slack__messages') }}
    where sent_at <= {{ as_of() }} and not is_deleted and not is_from_bot

),

mentions as (

    select
        'competitor_mentions' as metric,
        competitor_name as dimension,
        mentioned_on as date_key,
        1 as amount
    from {{ ref('int_competitors__raw_mentions') }}
    where detected_at <= {{ as_of() }}

),

-- A deployment tells of itself several times; it counts on the day it first succeeded.
deployments as (

    select
        'deployments' as metric,
        'github' as dimension,
        {{ business_date('min(created_at)') }} as date_key,
        1 as amount
    from {{ ref('stg_github__deployments') }}
    where not is_deleted and state = 'success' and created_at <= {{ as_of() }}
    group by connection_id, deployment_id

),

llm_cost as (

    select
        'llm_cost' as metric,
        'all' as dimension,
        usage_date as date_key,
        cost_usd as amount
    from {{ ref('stg_llm_usage__daily') }}
    where usage_date <= {{ business_date(as_of()) }}

),

received as (

    select
        'records_received' as metric,
        source as dimension,
        date_key,
        records_received as amount
    from {{ ref('int_metrics__source_days') }}
    where source != 'sophia'

),

occurrences as (

    {% for metric, dimension, model, instant, condition in told_by_instant -%}
    select * from {{ metric }}_{{ loop.index }}
    union all
    {% endfor -%}
    select * from messages
    union all
    select * from mentions
    union all
    select * from deployments
    union all
    select * from llm_cost
    union all
    select * from received

),

daily as (

    select
        md5(metric || '|' || dimension || '|' || date_key::varchar) as metric_key,
        metric,
        dimension,
        date_key,
        sum(amount)::number(24, 6) as amount
    from occurrences
    where date_key is not null
    group by metric, dimension, date_key

)

select * from daily
