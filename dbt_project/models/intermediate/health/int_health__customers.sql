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
        -- Every day for as long as the KPIs are told by day, before that the Sundays: enough to see a course and to
        -- test the score against what became of the customer.
        and (
            date_key > dateadd(day, -{{ var('kpi_days') }}, {{ business_date(as_of()) }})
            or day_of_week_iso = 7
        )

),

accounts as (

    select * from {{ ref('int_health__accounts') }}

),

billed_accounts as (

    select * from {{ ref('int_arr__accounts') }}
    where is_known_account

),

intervals as (

    select * from {{ ref('int_arr__subscription_intervals') }}

),

rates as (

    select * from {{ ref('int_fx__daily_rates') }}

),

deal_accounts as (

    select * from {{ ref('int_deals__accounts') }}

),

won as (

    select * from {{ ref('int_deals__stage_intervals') }}
    where is_won

),

-- ARR is told of each day's end and of 90 days before it.
instants as (

    select
        date_key,
        known_until,
        known_until as told_at,
        true as is_now
    from days

    union all

    select
        date_key,
        known_until,
        dateadd(day, -90, known_until) as told_at,
        false as is_now
    from days

),

agreed as (

    select
        instants.date_key,
        instants.is_now,
        billed_accounts.parent_account_id as account_key,
        intervals.currency_code,
        intervals.monthly_amount,
        {{ is_earning('intervals', 'instants.told_at') }} as is_running,
        -- A pause earns nothing and ends nothing.
        is_running is null or is_running or (
            intervals.subscription_status = 'paused'
            and not intervals.is_deleted
            and (intervals.ended_at > instants.told_at or intervals.ended_at is null)
        ) as is_in_force
    from instants
    inner join intervals on {{ told_by('intervals', 'instants.told_at') }}
    inner join billed_accounts on billed_accounts.account_id = intervals.account_id
    where intervals.started_at < instants.told_at or intervals.started_at is null

),

-- Both at the day's rate: a move of a currency is no growth.
converted as (

    select
        agreed.*,
        {{ yearly_amount('agreed.is_running', 'agreed.monthly_amount') }} as arr_amount,
        case
            when agreed.currency_code = '{{ var("company_currency") }}' or arr_amount = 0 then arr_amount
            else arr_amount / rates.conversion_rate
        end::number(18, 2) as arr_usd
    from agreed
    left join rates on rates.iso_code = agreed.currency_code and rates.rate_date = agreed.date_key

),

-- A part that is not known makes the sum unknown.
subscribed as (

    select
        date_key,
        account_key,
        iff(count_if(is_now and arr_usd is null) > 0, null, sum(iff(is_now, arr_usd, 0)))::number(18, 2) as arr_usd,
        count_if(is_now and is_in_force) as active_n,
        iff(
            count_if(not is_now and arr_usd is null) > 0, null, sum(iff(is_now, 0, arr_usd))
        )::number(18, 2) as arr_90d_ago_usd
    from converted
    group by date_key, account_key

),

bought as (

    select distinct
        days.date_key,
        deal_accounts.account_key
    from days
    inner join won
        on won.valid_from < days.known_until
        and (won.valid_to >= days.known_until or won.valid_to is null)
    inner join deal_accounts on deal_accounts.deal_key = won.deal_key

),

-- Who has a subscription in force is a customer; who never had one is, while a deal stands as won. Who left is none.
active as (

    select
        date_key,
        account_key
    from subscribed
    where active_n > 0

    union

    select
        bought.date_key,
        bought.account_key
    from bought
    left join subscribed on subscribed.date_key = bought.date_key and subscribed.account_key = bought.account_key
    where subscribed.account_key is null

),

customers as (

    select
        md5(active.account_key || '|' || active.date_key::varchar) as customer_day_key,
        active.account_key,
        accounts.account_id,
        accounts.account_name,
        accounts.owner_id,
        accounts.owner_email,
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
    inner join accounts on accounts.account_key = active.account_key
    left join subscribed on subscribed.date_key = active.date_key and subscribed.account_key = active.account_key

)

select * from customers
