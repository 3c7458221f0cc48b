with

notes as (

    select * from {{ ref('stg_hubspot__notes') }}
    where not is_deleted and body_html is not null

),

associations as (

    select * from {{ ref('stg_hubspot__associations') }}
    where from_type = 'note' and not is_deleted

),

merges as (

    select * from {{ ref('stg_hubspot__merges') }}

),

deals as (

    select * from {{ ref('stg_hubspot__deals') }}

),

companies as (

    select * from {{ ref('stg_hubspot__companies') }}

),

contacts as (

    select * from {{ ref('stg_hubspot__contacts') }}

),

owners as (

    select * from {{ ref('stg_hubspot__owners') }}

),

deal_companies as (

    select * from {{ ref('int_deals__companies') }}

),

activities as (

    select * from {{ ref('stg_salesforce__activities') }}
    where not is_deleted and description is not null

),

opportunities as (

    select * from {{ ref('stg_salesforce__opportunities') }}

),

salesforce_accounts as (

    select * from {{ ref('stg_salesforce__accounts') }}

),

salesforce_users as (

    select * from {{ ref('stg_salesforce__users') }}

),

unified_deals as (

    select * from {{ ref('int_deals__unified') }}

),

account_map as (

    select * from {{ ref('int_identity__account_map') }}
    where source = 'salesforce' and record_kind = 'account'

),

known_accounts as (

    select * from {{ ref('int_health__accounts') }}

),

-- Facts move to the winner of a merge.
surviving as (

    select
        associations.connection_id,
        associations.from_id as note_id,
        associations.to_type,
        coalesce(merges.winner_id, associations.to_id) as to_id
    from associations
    left join merges
        on merges.connection_id = associations.connection_id
        and merges.object_type = associations.to_type
        and merges.loser_id = associations.to_id

),

-- A note on several deals belongs to the youngest, as a call does.
noted_deals as (

    select
        surviving.connection_id,
        surviving.note_id,
        deals.record_id as deal_key,
        deals.deal_name
    from surviving
    inner join deals
        on deals.connection_id = surviving.connection_id
        and deals.deal_id = surviving.to_id
    where surviving.to_type = 'deal'
    qualify row_number() over (
        partition by surviving.connection_id, surviving.note_id
        order by deals.created_at desc, deals.deal_id
    ) = 1

),

-- Evidence for the account, strongest first: its deal, the company it is on, the company of a contact it is on.
account_evidence as (

    select
        noted_deals.connection_id,
        noted_deals.note_id,
        deal_companies.company_id,
        1 as evidence_rank
    from noted_deals
    inner join deal_companies on deal_companies.deal_key = noted_deals.deal_key

    union all

    select
        connection_id,
        note_id,
        to_id as company_id,
        2 as evidence_rank
    from surviving
    where to_type = 'company'

    union all

    select
        surviving.connection_id,
        surviving.note_id,
        contacts.company_id,
        3 as evidence_rank
    from surviving
    inner join contacts
        on contacts.connection_id = surviving.connection_id
        and contacts.contact_id = surviving.to_id
    where surviving.to_type = 'contact'

),

noted_companies as (

    select
        account_evidence.connection_id,
        account_evidence.note_id,
        coalesce(companies.merged_into_id, companies.company_id) as account_id,
        companies.company_name
    from account_evidence
    inner join companies
        on companies.connection_id = account_evidence.connection_id
        and companies.company_id = account_evidence.company_id
    qualify row_number() over (
        partition by account_evidence.connection_id, account_evidence.note_id
        order by account_evidence.evidence_rank, companies.company_id
    ) = 1

),

hubspot_notes as (

    select
        notes.record_id as note_key,
        'hubspot' as source,
        notes.connection_id,
        notes.note_id as source_record_id,
        'Note: ' || coalesce(noted_deals.deal_name, noted_companies.company_name) as title,
        noted_companies.account_id,
        noted_deals.deal_key,
        nullif(trim(coalesce(owners.first_name, '') || ' ' || coalesce(owners.last_name, '')), '') as author_name,
        {{ html_text('notes.body_html') }} as note_text,
        notes.noted_at
    from notes
    left join noted_deals
        on noted_deals.connection_id = notes.connection_id
        and noted_deals.note_id = notes.note_id
    left join noted_companies
        on noted_companies.connection_id = notes.connection_id
        and noted_companies.note_id = notes.note_id
    left join owners
        on owners.connection_id = notes.connection_id
        and owners.owner_id = notes.owner_id

),

-- What is logged with a task or a meeting is a note by another name.
salesforce_notes as (

    select
        activities.record_id as note_key,
        'salesforce' as source,
        activities.connection_id,
        activities.activity_id as source_record_id,
        coalesce(activities.subject, activities.activity_type)
        || coalesce(': ' || coalesce(opportunities.opportunity_name, salesforce_accounts.account_name), '') as title,
        known_accounts.account_id,
        unified_deals.deal_key,
        salesforce_users.full_name as author_name,
        activities.description as note_text,
        coalesce(activities.started_at, activities.created_at) as noted_at
    from activities
    left join opportunities
        on opportunities.connection_id = activities.connection_id
        and opportunities.opportunity_id = activities.related_to_id
    left join unified_deals on unified_deals.salesforce_record_id = opportunities.record_id
    left join salesforce_accounts
        on salesforce_accounts.connection_id = activities.connection_id
        and salesforce_accounts.account_id = coalesce(activities.account_id, opportunities.account_id)
    left join account_map on account_map.record_id = salesforce_accounts.record_id
    left join known_accounts on known_accounts.account_key = account_map.account_key
    left join salesforce_users
        on salesforce_users.connection_id = activities.connection_id
        and salesforce_users.user_id = activities.owner_id

),

told as (

    select * from hubspot_notes
    union all
    select * from salesforce_notes

)

select * from told
