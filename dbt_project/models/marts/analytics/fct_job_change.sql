with

signals as (

    select * from {{ ref('stg_usergems__job_changes') }}
    where not is_deleted and is_move

),

contacts as (

    select * from {{ ref('stg_hubspot__contacts') }}

),

companies as (

    select * from {{ ref('stg_hubspot__companies') }}
    where not is_deleted and not is_merged and domain is not null

),

-- A domain that two companies share tells neither.
domains as (

    select
        domain,
        max(company_id) as company_id
    from companies
    group by domain
    having count(*) = 1

),

deals as (

    select
        companies_of_deals.company_id,
        max(iff(intervals.is_won, 1, 0)) = 1 as has_won,
        max(iff(intervals.is_open, 1, 0)) = 1 as has_open
    from {{ ref('int_deals__stage_intervals') }} as intervals
    inner join {{ ref('int_deals__companies') }} as companies_of_deals
        on companies_of_deals.deal_key = intervals.deal_key
    where intervals.valid_to is null
    group by companies_of_deals.company_id

),

told as (

    select
        md5(signals.record_id) as job_change_key,
        signals.signal_id,
        contacts.contact_id,
        previous_domains.company_id as previous_account_id,
        new_domains.company_id as new_account_id,
        signals.relationship_type,
        signals.job_title,
        signals.previous_job_title,
        signals.company_name,
        signals.previous_company_name,
        coalesce(signals.relationship_type = 'champion', false) as is_champion,
        coalesce(previous_deals.has_won, false) as leaves_customer,
        coalesce(new_deals.has_open, false) as joins_open_deal,
        {{ business_date('signals.detected_at') }} as detected_on,
        signals.detected_at
    from signals
    left join contacts
        on contacts.contact_id = signals.our_reference
        and not contacts.is_deleted
    left join domains as previous_domains on previous_domains.domain = signals.previous_company_domain
    left join domains as new_domains on new_domains.domain = signals.company_domain
    left join deals as previous_deals on previous_deals.company_id = previous_domains.company_id
    left join deals as new_deals on new_deals.company_id = new_domains.company_id
    qualify row_number() over (partition by signals.record_id order by contacts.record_id) = 1

)

select * from told
