-- Calls and deals that still name a company or deal which was merged into another one.
with

losers as (

    select
        object_type,
        loser_id
    from {{ ref('stg_hubspot__merges') }}

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

),

found as (

    select named.*
    from named
    inner join losers on losers.object_type = named.object_type and losers.loser_id = named.record_id

)

select * from found
