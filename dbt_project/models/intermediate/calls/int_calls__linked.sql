with

calls as (

    select * from {{ ref('stg_gong__calls') }}
    where not is_deleted

),

parties as (

    select * from {{ ref('stg_gong__call_parties') }}
    where affiliation != 'internal' and email is not null

),

companies as (

    select * from {{ ref('stg_hubspot__companies') }}

),

contacts as (

    select * from {{ ref('stg_hubspot__contacts') }}
    where not is_deleted and company_id is not null

),

deals as (

    select * from {{ ref('stg_hubspot__deals') }}

),

deal_companies as (

    select * from {{ ref('int_deals__companies') }}

),

deal_intervals as (

    select * from {{ ref('int_deals__stage_intervals') }}
    where is_open

),

company_keys as (

    select * from {{ ref('int_health__company_keys') }}

),

salesforce_accounts as (

    select * from {{ ref('int_identity__account_map') }}
    where source = 'salesforce' and record_kind = 'account'

),

opportunities as (

    select * from {{ ref('stg_salesforce__opportunities') }}
    where not is_deleted

),

people as (

    select * from {{ ref('int_health__people') }}

),

known_accounts as (

    select * from {{ ref('int_health__accounts') }}

),

contexts as (

    select
        calls.call_id,
        crm_object.value:objectId::varchar as object_id,
        lower(crm_object.value:objectType::varchar) as object_type
    from calls
    inner join lateral flatten(input => calls.crm_context) as crm_system
    inner join lateral flatten(input => crm_system.value:objects) as crm_object

),

named_deals as (

    select
        contexts.call_id,
        coalesce(deals.merged_into_id, deals.deal_id) as deal_id
    from contexts
    inner join deals on deals.deal_id = contexts.object_id
    where contexts.object_type in ('deal', 'opportunity')
    qualify row_number() over (partition by contexts.call_id order by deals.created_at desc, deals.deal_id) = 1

),

-- Evidence for the account, strongest first: what the recorder says, its deal, a known contact, a company's own domain.
account_evidence as (

    select
        contexts.call_id,
        contexts.object_id as company_id,
        1 as evidence_rank,
        'crm_context' as evidence
    from contexts
    where contexts.object_type in ('account', 'company')

    union all

    select
        named_deals.call_id,
        deal_companies.company_id,
        2 as evidence_rank,
        'crm_deal' as evidence
    from named_deals
    inner join deal_companies on deal_companies.deal_id = named_deals.deal_id

    union all

    select
        parties.call_id,
        contacts.company_id,
        3 as evidence_rank,
        'contact' as evidence
    from parties
    inner join contacts on contacts.email = parties.email

    union all

    select
        parties.call_id,
        companies.company_id,
        4 as evidence_rank,
        'domain' as evidence
    from parties
    inner join companies on companies.domain = parties.email_domain

),

accounts as (

    select
        account_evidence.call_id,
        coalesce(companies.merged_into_id, companies.company_id) as account_id,
        account_evidence.evidence
    from account_evidence
    inner join companies on companies.company_id = account_evidence.company_id
    qualify row_number() over (
        partition by account_evidence.call_id
        order by account_evidence.evidence_rank, companies.is_merged, companies.company_id
    ) = 1

),

-- Of a customer whom HubSpot does not know: what the recorder names of Salesforce, or to whom its people belong. An id
-- of Salesforce may come without the three letters that check it.
accounts_elsewhere as (

    select
        contexts.call_id,
        salesforce_accounts.account_key,
        1 as evidence_rank,
        'crm_context' as evidence
    from contexts
    inner join salesforce_accounts
        on {{ salesforce_id('salesforce_accounts.source_id') }} = {{ salesforce_id('contexts.object_id') }}
    where contexts.object_type = 'account'

    union all

    select
        contexts.call_id,
        salesforce_accounts.account_key,
        2 as evidence_rank,
        'crm_deal' as evidence
    from contexts
    inner join opportunities
        on {{ salesforce_id('opportunities.opportunity_id') }} = {{ salesforce_id('contexts.object_id') }}
    inner join salesforce_accounts on salesforce_accounts.source_id = opportunities.account_id
    where contexts.object_type in ('deal', 'opportunity')

    union all

    select
        parties.call_id,
        people.account_key,
        3 as evidence_rank,
        'contact' as evidence
    from parties
    inner join people on people.email = parties.email

),

keys_elsewhere as (

    select
        call_id,
        account_key,
        evidence
    from accounts_elsewhere
    qualify row_number() over (partition by call_id order by evidence_rank, account_key) = 1

),

-- A call with an account but no named deal belongs to the account's youngest deal that was open when it began.
open_deals as (

    select
        calls.call_id,
        deal_intervals.deal_id
    from calls
    inner join accounts on accounts.call_id = calls.call_id
    inner join deal_companies on deal_companies.company_id = accounts.account_id
    inner join deal_intervals
        on deal_intervals.deal_key = deal_companies.deal_key
        and deal_intervals.valid_from <= calls.started_at
        and (deal_intervals.valid_to > calls.started_at or deal_intervals.valid_to is null)
    qualify row_number() over (
        partition by calls.call_id
        order by deal_intervals.deal_created_at desc, deal_intervals.deal_id
    ) = 1

),

linked as (

    select
        calls.record_id as call_key,
        calls.call_id,
        coalesce(accounts.account_id, known_accounts.account_id) as account_id,
        coalesce(company_keys.account_key, keys_elsewhere.account_key) as account_key,
        deals.record_id as deal_key,
        deals.deal_id,
        coalesce(accounts.evidence, keys_elsewhere.evidence) as account_evidence,
        case
            when named_deals.deal_id is not null then 'crm_context'
            when open_deals.deal_id is not null then 'open_deal'
        end as deal_evidence,
        calls.title,
        calls.scope,
        calls.outcome_category,
        calls.duration_s,
        {{ business_date('calls.started_at') }} as call_date,
        calls.started_at
    from calls
    left join accounts on accounts.call_id = calls.call_id
    left join company_keys on company_keys.company_id = accounts.account_id
    left join keys_elsewhere on keys_elsewhere.call_id = calls.call_id
    left join known_accounts on known_accounts.account_key = keys_elsewhere.account_key
    left join named_deals on named_deals.call_id = calls.call_id
    left join open_deals on open_deals.call_id = calls.call_id
    left join deals on deals.deal_id = coalesce(named_deals.deal_id, open_deals.deal_id)
    qualify row_number() over (partition by calls.call_id order by calls.record_id, deals.record_id) = 1

)

select * from linked
