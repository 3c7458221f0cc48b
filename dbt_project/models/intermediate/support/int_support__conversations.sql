with

intercom as (

    select * from {{ ref('stg_intercom__conversations') }}
    where not is_deleted

),

users as (

    select * from {{ ref('stg_intercom__contacts') }}

),

zendesk as (

    select * from {{ ref('stg_zendesk__tickets') }}
    where not is_deleted and coalesce(status, '') != 'deleted'

),

zendesk_users as (

    select * from {{ ref('stg_zendesk__users') }}

),

organizations as (

    select * from {{ ref('stg_zendesk__organizations') }}

),

person_map as (

    select * from {{ ref('int_identity__person_map') }}

),

known_people as (

    select * from {{ ref('int_identity__people') }}

),

account_map as (

    select * from {{ ref('int_identity__account_map') }}

),

accounts as (

    select * from {{ ref('int_health__accounts') }}

),

people as (

    select * from {{ ref('int_health__people') }}

),

teams as (

    select * from {{ ref('support_teams') }}

),

-- The CRM's contact that a tool names; an id that two portals gave to two people names neither.
crm_people as (

    select
        source_id as contact_id,
        min(person_key) as person_key
    from person_map
    where source = 'hubspot' and record_kind = 'contact'
    group by source_id
    having count(distinct person_key) = 1

),

asked as (

    select
        intercom.record_id as conversation_key,
        'intercom' as source_system,
        intercom.connection_id,
        intercom.conversation_id,
        intercom.team_id as source_team_id,
        intercom.contact_external_id as told_contact_id,
        users.record_id as user_record_id,
        -- We may have written first: then the author is a colleague.
        coalesce(iff(intercom.author_type in ('user', 'lead'), intercom.author_email, null), users.email) as told_email,
        null::varchar as organization_record_id,
        intercom.time_to_admin_reply_s as vendor_reply_s,
        intercom.rating,
        intercom.rated_at,
        intercom.created_at
    from intercom
    left join users on users.connection_id = intercom.connection_id and users.contact_id = intercom.contact_id

    union all

    select
        zendesk.record_id as conversation_key,
        'zendesk' as source_system,
        zendesk.connection_id,
        zendesk.ticket_id as conversation_id,
        zendesk.group_id as source_team_id,
        null as told_contact_id,
        zendesk_users.record_id as user_record_id,
        zendesk_users.email as told_email,
        organizations.record_id as organization_record_id,
        null as vendor_reply_s,
        null as rating,
        null::timestamp_ntz as rated_at,
        zendesk.created_at
    from zendesk
    left join zendesk_users
        on zendesk_users.connection_id = zendesk.connection_id
        and zendesk_users.user_id = zendesk.requester_id
    left join organizations
        on organizations.connection_id = zendesk.connection_id
        and organizations.organization_id = zendesk.organization_id

),

-- Strongest first: the CRM's contact that the tool names, the person its user is, the address written from, the company
-- the tool names.
placed as (

    select
        asked.conversation_key,
        asked.source_system,
        asked.connection_id,
        asked.conversation_id,
        coalesce(known_people.account_key, people.account_key, account_map.account_key) as account_key,
        coalesce(
            crm_people.person_key, users_map.person_key, people.person_key, 'email:' || asked.told_email
        ) as person_key,
        coalesce(own_team.team, any_team.team) as team,
        coalesce(own_team.target_minutes, any_team.target_minutes) as target_minutes,
        asked.vendor_reply_s,
        asked.rating,
        asked.rated_at,
        asked.created_at
    from asked
    left join crm_people on crm_people.contact_id = asked.told_contact_id
    left join person_map as users_map on users_map.record_id = asked.user_record_id
    left join known_people on known_people.person_key = coalesce(crm_people.person_key, users_map.person_key)
    left join people on people.email = asked.told_email
    left join account_map on account_map.record_id = asked.organization_record_id
    left join teams as own_team
        on own_team.source_system = asked.source_system
        and own_team.source_team_id = asked.source_team_id
    left join teams as any_team on any_team.source_system = asked.source_system and any_team.source_team_id = 'any'

),

conversations as (

    select
        placed.conversation_key,
        placed.source_system,
        placed.connection_id,
        placed.conversation_id,
        placed.account_key,
        accounts.account_id,
        placed.person_key,
        placed.team,
        placed.target_minutes,
        placed.vendor_reply_s,
        placed.rating,
        placed.created_at,
        placed.rated_at
    from placed
    left join accounts on accounts.account_key = placed.account_key

)

select * from conversations
