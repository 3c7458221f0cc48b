with

deals as (

    select * from {{ ref('int_deals__unified') }}

),

deal_accounts as (

    select * from {{ ref('int_deals__accounts') }}

),

intervals as (

    select * from {{ ref('int_deals__stage_intervals') }}

),

stays as (

    select * from {{ ref('fct_deal_stage_history') }}

),

closed_today as (

    select * from {{ ref('int_deals__closed_daily') }}
    where date_key = {{ business_date(as_of()) }}

),

rivals as (

    select distinct deal_key
    from {{ ref('int_deals__rivals_daily') }}
    where date_key = {{ business_date(as_of()) }}

),

-- The last thing known; a deal that is gone keeps what it was.
last_intervals as (

    select * from intervals
    where valid_from < {{ as_of() }}
    qualify row_number() over (partition by deal_key order by valid_from desc) = 1

),

walked as (

    select
        deal_key,
        count_if(is_reopen) as reopen_n,
        max(iff(is_won or is_lost, entered_at, null)) as last_closed_at
    from stays
    group by deal_key

),

typed as (

    select
        deals.deal_key::varchar as deal_key,
        deals.crm_of_record::varchar as crm_of_record,
        deals.hubspot_deal_id::varchar as hubspot_deal_id,
        deals.salesforce_opportunity_id::varchar as salesforce_opportunity_id,
        deals.company_id::varchar as company_id,
        deals.account_id::varchar as salesforce_account_id,
        deal_accounts.account_key::varchar as account_key,
        deals.owner_email::varchar as owner_email,
        deals.deal_name::varchar as deal_name,
        last_intervals.pipeline_id::varchar as pipeline_id,
        last_intervals.stage_id::varchar as stage_id,
        last_intervals.stage_label::varchar as stage_label,
        last_intervals.canonical_stage::varchar as canonical_stage,
        case
            when last_intervals.valid_to <= {{ as_of() }} then 'deleted'
            when last_intervals.is_won then 'won'
            when last_intervals.is_lost then 'lost'
            else 'open'
        end::varchar as status,
        last_intervals.lost_reason::varchar as lost_reason,
        last_intervals.currency_code::varchar as currency_code,
        last_intervals.amount::number(18, 2) as amount,
        last_intervals.amount_usd::number(18, 2) as amount_usd,
        last_intervals.probability::number(5, 4) as probability,
        walked.reopen_n::number(9, 0) as reopen_n,
        closed_today.cycle_days::number(9, 0) as cycle_days,
        coalesce(closed_today.is_decided, false) as is_decided,
        rivals.deal_key is not null as is_competitive,
        deals.is_amount_disputed,
        (
            not last_intervals.is_open
            and abs(datediff(day, {{ business_date('walked.last_closed_at') }}, last_intervals.close_date)) > 7
        ) as is_backdated,
        last_intervals.close_date,
        deals.created_at::timestamp_ntz as created_at,
        iff(last_intervals.is_open, null, walked.last_closed_at)::timestamp_ntz as closed_at,
        last_intervals.valid_from as changed_at
    from deals
    inner join last_intervals on last_intervals.deal_key = deals.deal_key
    inner join walked on walked.deal_key = deals.deal_key
    left join deal_accounts on deal_accounts.deal_key = deals.deal_key
    left join closed_today on closed_today.deal_key = deals.deal_key
    left join rivals on rivals.deal_key = deals.deal_key

)

select * from typed
