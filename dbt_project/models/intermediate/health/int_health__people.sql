with

records as (

    select * from {{ ref('int_identity__person_records') }}
    where email is not null

),

person_map as (

    select * from {{ ref('int_identity__person_map') }}

),

known_people as (

    select * from {{ ref('int_identity__people') }}

),

hosts as (

    select * from {{ ref('int_identity__domains') }}

),

domains as (

    select * from {{ ref('int_health__domains') }}

),

addresses as (

    select email from records

    union

    select email from {{ ref('stg_outlook__message_recipients') }}

    union

    select from_email as email from {{ ref('stg_outlook__messages') }}

    union

    select author_email as email from {{ ref('stg_intercom__conversations') }}

),

-- An office's mailbox has several people behind it: there the oldest record speaks. An address that only deleted
-- records had is not a known person's: who it was may work elsewhere today.
owned_addresses as (

    select
        records.email,
        person_map.person_key,
        known_people.account_key
    from records
    inner join person_map on person_map.node_id = records.node_id
    inner join known_people on known_people.person_key = person_map.person_key
    where records.is_live
    qualify row_number() over (partition by records.email order by records.first_seen_at, records.node_id) = 1

),

-- Mail providers are the domain of no account, so an address there belongs to one only as a known person's.
people as (

    select
        addresses.email,
        coalesce(owned_addresses.account_key, domains.account_key) as account_key,
        -- The same person writes from several addresses, and is one person whichever was used.
        coalesce(owned_addresses.person_key, 'email:' || addresses.email) as person_key
    from addresses
    left join owned_addresses on owned_addresses.email = addresses.email
    left join hosts on hosts.host = split_part(addresses.email, '@', 2)
    left join domains on domains.domain = coalesce(hosts.domain, split_part(addresses.email, '@', 2))
    where coalesce(owned_addresses.account_key, domains.account_key) is not null

)

select * from people
