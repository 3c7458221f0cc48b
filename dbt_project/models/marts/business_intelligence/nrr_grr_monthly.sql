with

months as (

    select * from {{ ref('int_arr__months') }}

),

accounts as (

    select * from {{ ref('int_arr__accounts') }}

),

rates as (

    select * from {{ ref('int_arr__rates') }}

),

-- Merged accounts count as what they are today, in every month.
subscription_months as (

    select
        subscription_months.month_start_date,
        subscription_months.currency_code,
        subscription_months.arr_amount,
        accounts.parent_account_id
    from {{ ref('int_arr__subscription_months') }} as subscription_months
    inner join accounts on accounts.account_id = subscription_months.account_id

),

-- The month itself and the one a year before it, both at the month's rates: a move of a currency is no expansion.
both_ends as (

    select
        months.month_start_date,
        subscription_months.parent_account_id,
        subscription_months.month_start_date = months.month_start_date as is_now,
        (
            subscription_months.arr_amount
            / iff(subscription_months.arr_amount = 0, 1, rates.conversion_rate)
        )::number(18, 2) as arr_usd
    from months
    inner join subscription_months
        on subscription_months.month_start_date in (
            months.month_start_date, dateadd(year, -1, months.month_start_date)::date
        )
    left join rates
        on rates.currency_code = subscription_months.currency_code
        and rates.month_start_date = months.month_start_date

),

first_paid as (

    select
        parent_account_id,
        min(month_start_date) as first_paid_month
    from subscription_months
    where arr_amount > 0
    group by parent_account_id

),

per_account as (

    select
        month_start_date,
        parent_account_id,
        count_if(arr_usd is null) = 0 as is_known,
        count_if(arr_usd is null and not is_now) > 0 as is_before_unknown,
        coalesce(sum(iff(is_now, null, arr_usd)), 0)::number(18, 2) as arr_before,
        coalesce(sum(iff(is_now, arr_usd, null)), 0)::number(18, 2) as arr_now
    from both_ends
    group by month_start_date, parent_account_id

),

sorted as (

    select
        per_account.*,
        per_account.arr_before > 0 or per_account.is_before_unknown as is_in_cohort,
        coalesce(
            first_paid.first_paid_month < dateadd(year, -1, per_account.month_start_date)::date, false
        ) as has_paid_earlier
    from per_account
    left join first_paid on first_paid.parent_account_id = per_account.parent_account_id

),

sums as (

    select
        month_start_date,
        count_if(is_in_cohort) as cohort_n,
        count_if(is_in_cohort and is_known) as known_n,
        sum(iff(is_in_cohort and is_known, arr_before, 0))::number(18, 2) as arr_before_usd,
        sum(iff(is_in_cohort and is_known, arr_now, 0))::number(18, 2) as arr_now_usd,
        sum(iff(is_in_cohort and is_known, least(arr_now, arr_before), 0))::number(18, 2) as arr_kept_usd,
        sum(iff(is_in_cohort and is_known and arr_now = 0, arr_before, 0))::number(18, 2) as churned_usd,
        sum(iff(not is_in_cohort and is_known and not has_paid_earlier, arr_now, 0))::number(18, 2) as new_logo_usd,
        sum(iff(not is_in_cohort and is_known and has_paid_earlier, arr_now, 0))::number(18, 2) as reactivated_usd
    from sorted
    group by month_start_date

),

-- A month without anything told of it is a month without an answer, not one without revenue.
told as (

    select
        months.month_start_date,
        months.month_end_date,
        months.is_complete,
        (sums.arr_now_usd / nullif(sums.arr_before_usd, 0))::number(9, 6) as nrr,
        (sums.arr_kept_usd / nullif(sums.arr_before_usd, 0))::number(9, 6) as grr,
        sums.arr_before_usd,
        sums.arr_now_usd,
        sums.arr_kept_usd,
        (sums.arr_now_usd - sums.arr_kept_usd)::number(18, 2) as expansion_usd,
        (sums.arr_before_usd - sums.arr_kept_usd - sums.churned_usd)::number(18, 2) as contraction_usd,
        sums.churned_usd,
        sums.new_logo_usd,
        sums.reactivated_usd,
        coalesce(sums.cohort_n, 0)::number(18, 0) as sample_n,
        coalesce(sums.known_n, 0)::number(18, 0) as known_n,
        iff(
            sums.month_start_date is null, 0, coalesce(sums.known_n / nullif(sums.cohort_n, 0), 1)
        )::number(7, 6) as coverage,
        1::number(9, 0) as definition_version,
        {{ as_of() }} as computed_at
    from months
    left join sums on sums.month_start_date = months.month_start_date

)

select * from told
