-- Facts that still name a company or deal which was merged into another one, or the key of an account that gave way.
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

    select
        'company' as object_type,
        account_id as record_id
    from {{ ref('int_calls__linked') }}

    union all

    select
        'company' as object_type,
        company_id as record_id
    from {{ ref('int_deals__companies') }}

    union all

    select
        'deal' as object_type,
        deal_id as record_id
    from {{ ref('int_calls__linked') }}

    union all

    select
        'company' as object_type,
        account_id as record_id
    from {{ ref('fct_conversation_response') }}

    union all

    select
        'account key' as object_type,
        account_key as record_id
    from {{ ref('fct_conversation_response') }}

    union all

    select
        'company' as object_type,
        account_id as record_id
    from {{ ref('customer_health_daily') }}

    union all

    select
        'account key' as object_type,
        account_key as record_id
    from {{ ref('customer_health_daily') }}

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
