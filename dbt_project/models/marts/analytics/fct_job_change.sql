with

signals as (

    select * from {{ ref('stg_usergems__job_changes') }}
    where not is_deleted and is_move

),

contacts as (

    select * from {{ ref('stg_hubspot__contacts') }}

),

person_map as (

    select * from {{ ref('int_identity__person_map') }}

),

domains as (

    select * from {{ ref('int_health__domains') }}

),

accounts as (

    select * from {{ ref('int_health__accounts') }}

),

intervals as (

    select * from {{ ref('int_deals__stage_intervals') }}
    where valid_to is null

),

deal_accounts as (

    select * from {{ ref('int_deals__accounts') }}

),

deals as (

    select
        deal_accounts.account_key,
        boolor_agg(intervals.is_won) as has_won,
        boolor_agg(intervals.is_open) as has_open
    from intervals
    inner join deal_accounts on deal_accounts.deal_key = intervals.deal_key
    group by deal_accounts.account_key

),

-- A domain of mail providers, of many companies or of two accounts is nobody's.
employers as (

    select
        domains.domain,
        domains.account_key,
        accounts.account_id,
        deals.has_won,
        deals.has_open
    from domains
    inner join accounts on accounts.account_key = domains.account_key
    left join deals on deals.account_key = domains.account_key

),

told as (

    select
        md5(signals.record_id) as job_change_key,
        signals.signal_id,
        contacts.contact_id,
        person_map.person_key,
        previous_employers.account_id as previous_account_id,
        previous_employers.account_key as previous_account_key,
        new_employers.account_id as new_account_id,
        new_employers.account_key as new_account_key,
        signals.relationship_type,
        signals.job_title,
        signals.previous_job_title,
        signals.company_name,
        signals.previous_company_name,
        coalesce(signals.relationship_type = 'champion', false) as is_champion,
        coalesce(previous_employers.has_won, false) as leaves_customer,
        coalesce(new_employers.has_open, false) as joins_open_deal,
        {{ business_date('signals.detected_at') }} as detected_on,
        signals.detected_at
    from signals
    left join contacts
        on contacts.contact_id = signals.our_reference
        and not contacts.is_deleted
    left join person_map on person_map.record_id = signals.record_id
    left join employers as previous_employers on previous_employers.domain = signals.previous_company_domain
    left join employers as new_employers on new_employers.domain = signals.company_domain
    qualify row_number() over (partition by signals.record_id order by contacts.record_id) = 1

)

select * from told
