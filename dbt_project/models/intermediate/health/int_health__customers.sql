with

days as (

    select
        date_key,
        -- Today is told as far as it has come.
        least(day_ends_at, {{ as_of() }}) as known_until
    from {{ ref('dim_date') }}
    where
        date_key <= {{ business_date(as_of()) }}
        and date_key > dateadd(day, -365, {{ business_date(as_of()) }})
        -- Every day for as long as the KPIs are told by day, before that the Sundays: enough to see a course and to test
        -- the score against what became of the customer.
        and (
            date_key > dateadd(day, -{{ var('kpi_days') }}, {{ business_date(as_of()) }})
            or day_of_week_iso = 7
        )

),

companies as (

    select * from {{ ref('stg_hubspot__companies') }}

),

deal_companies as (

    select * from {{ ref('int_deals__companies') }}

),

won as (

    select * from {{ ref('int_deals__stage_intervals') }}
    where is_won

),

subscriptions as (

    select
        coalesce(companies.merged_into_id, companies.company_id) as account_id,
        stg.monthly_amount,
        stg.started_at,
        stg.ended_at
    from {{ ref('stg_custom__subscriptions') }} as stg
    inner join companies on companies.company_id = stg.company_id
    where not stg.is_deleted

),

subscribed as (

    select
        days.date_key,
        subscriptions.account_id,
        sum(
            iff(
                subscriptions.ended_at is null or subscriptions.ended_at >= days.known_until,
                12 * subscriptions.monthly_amount,
                0
            )
        )::number(18, 2) as arr_usd,
        count_if(subscriptions.ended_at is null or subscriptions.ended_at >= days.known_until) as active_n,
        sum(
            iff(
                subscriptions.started_at < dateadd(day, -90, days.known_until)
                and (
                    subscriptions.ended_at is null
                    or subscriptions.ended_at >= dateadd(day, -90, days.known_until)
                ),
                12 * subscriptions.monthly_amount,
                0
            )
        )::number(18, 2) as arr_90d_ago_usd
    from days
    inner join subscriptions on subscriptions.started_at < days.known_until
    group by days.date_key, subscriptions.account_id

),

bought as (

    select distinct
        days.date_key,
        deal_companies.company_id as account_id
    from days
    inner join won
        on won.valid_from < days.known_until
        and (won.valid_to >= days.known_until or won.valid_to is null)
    inner join deal_companies on deal_companies.deal_key = won.deal_key

),

-- Who has a running subscription is a customer; who never had one is while a deal stands as won. Who cancelled is none.
active as (

    select
        date_key,
        account_id
    from subscribed
    where active_n > 0

    union

    select
        bought.date_key,
        bought.account_id
    from bought
    left join subscribed on subscribed.date_key = bought.date_key and subscribed.account_id = bought.account_id
    where subscribed.account_id is null

),

customers as (

    select
        md5(active.account_id || '|' || active.date_key::varchar) as customer_day_key,
        active.account_id,
        companies.company_name as account_name,
        companies.owner_id,
        case
            when subscribed.arr_usd >= 50000 then 'large'
            when subscribed.arr_usd >= 15000 then 'medium'
            when subscribed.arr_usd > 0 then 'small'
            else 'unknown'
        end as segment,
        subscribed.arr_usd,
        subscribed.arr_90d_ago_usd,
        active.date_key,
        days.known_until
    from active
    inner join days on days.date_key = active.date_key
    inner join companies on companies.company_id = active.account_id
    left join subscribed on subscribed.date_key = active.date_key and subscribed.account_id = active.account_id

)

select * from customers
