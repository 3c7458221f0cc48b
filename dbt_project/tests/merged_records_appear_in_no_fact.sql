-- Facts that still name a company or deal which was merged into another one, or the key of an account that gave way.
{%- set named_in = [
    ('company', 'account_id', 'int_calls__linked'),
    ('company', 'company_id', 'int_deals__companies'),
    ('deal', 'deal_id', 'int_calls__linked'),
    ('company', 'account_id', 'fct_conversation_response'),
    ('account key', 'account_key', 'fct_conversation_response'),
    ('company', 'account_id', 'customer_health_daily'),
    ('account key', 'account_key', 'customer_health_daily'),
] %}

with

losers as (

    select
        object_type,
        loser_id
    from {{ ref('stg_hubspot__merges') }}

),

retired_keys as (

    select
        'account key' as object_type,
        retired_key as loser_id
    from {{ ref('int_identity__key_redirects') }}

),

named as (

    {% for object_type, column, model in named_in -%}
    select
        '{{ object_type }}' as object_type,
        {{ column }} as record_id
    from {{ ref(model) }}
    {% if not loop.last %}
    union all

    {% endif -%}
    {%- endfor %}
),

every_loser as (

    select * from losers
    union all
    select * from retired_keys

),

found as (

    select named.*
    from named
    inner join every_loser
        on every_loser.object_type = named.object_type
        and every_loser.loser_id = named.record_id

)

select * from found
