with

contacts as (

    select * from {{ ref('stg_hubspot__contacts') }}
    where not is_deleted

),

companies as (

    select * from {{ ref('stg_hubspot__companies') }}

),

-- Free-mail hosts are the domain of no company, so an address there belongs to an account only as a known contact.
domains as (

    select * from {{ ref('int_health__domains') }}

),

slack_users as (

    select * from {{ ref('stg_slack__users') }}

),

-- Facts of a merged company belong to the one it was merged into.
accounts as (

    select
        company_id,
        coalesce(merged_into_id, company_id) as account_id
    from companies

),

addresses as (

    select email from contacts

    union

    select email from {{ ref('stg_gong__call_parties') }}

    union

    select email from {{ ref('stg_outlook__message_recipients') }}

    union

    select from_email as email from {{ ref('stg_outlook__messages') }}

    union

    select email from {{ ref('stg_intercom__contacts') }}

    union

    select author_email as email from {{ ref('stg_intercom__conversations') }}

    union

    select email from {{ ref('stg_zendesk__users') }}

    union

    select email from slack_users

),

contacts_by_address as (

    select
        contacts.email,
        coalesce(contacts.merged_into_id, contacts.contact_id) as contact_id,
        accounts.account_id
    from contacts
    inner join accounts on accounts.company_id = contacts.company_id
    where contacts.email is not null
    qualify row_number() over (
        partition by contacts.email
        order by contacts.is_merged, contacts.created_at, contacts.contact_id
    ) = 1

),

people as (

    select
        addresses.email,
        contacts_by_address.contact_id,
        coalesce(contacts_by_address.account_id, domains.account_id) as account_id,
        -- The same person writes from several addresses: a contact is one person, whichever was used.
        coalesce('contact:' || contacts_by_address.contact_id, 'email:' || addresses.email) as person_key
    from addresses
    left join contacts_by_address on contacts_by_address.email = addresses.email
    left join domains on domains.domain = split_part(addresses.email, '@', 2)
    where coalesce(contacts_by_address.account_id, domains.account_id) is not null

)

select * from people
