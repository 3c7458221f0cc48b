with

hubspot_contacts as (

    select
        record_id,
        'hubspot' as source,
        connection_id,
        'contact' as record_kind,
        contact_id as source_id,
        first_name || ' ' || last_name as full_name,
        email,
        job_title,
        'company' as account_kind,
        company_id as account_source_id,
        not is_deleted and not is_merged as is_live,
        created_at,
        first_received_at
    from {{ ref('stg_hubspot__contacts') }}

),

salesforce_contacts as (

    select
        record_id,
        'salesforce' as source,
        connection_id,
        'contact' as record_kind,
        contact_id as source_id,
        first_name || ' ' || last_name as full_name,
        email,
        job_title,
        'account' as account_kind,
        account_id as account_source_id,
        not is_deleted as is_live,
        created_at,
        first_received_at
    from {{ ref('stg_salesforce__contacts') }}

),

salesforce_leads as (

    select
        record_id,
        'salesforce' as source,
        connection_id,
        'lead' as record_kind,
        lead_id as source_id,
        first_name || ' ' || last_name as full_name,
        email,
        null as job_title,
        'account' as account_kind,
        converted_account_id as account_source_id,
        not is_deleted as is_live,
        created_at,
        first_received_at
    from {{ ref('stg_salesforce__leads') }}

),

apollo_contacts as (

    select
        record_id,
        'apollo' as source,
        connection_id,
        'contact' as record_kind,
        contact_id as source_id,
        first_name || ' ' || last_name as full_name,
        email,
        job_title,
        'account' as account_kind,
        account_id as account_source_id,
        not is_deleted as is_live,
        created_at,
        first_received_at
    from {{ ref('stg_apollo__contacts') }}

),

usergems_signals as (

    select
        record_id,
        'usergems' as source,
        connection_id,
        'signal' as record_kind,
        signal_id as source_id,
        first_name || ' ' || last_name as full_name,
        email,
        job_title,
        null as account_kind,
        null as account_source_id,
        not is_deleted as is_live,
        detected_at as created_at,
        first_received_at
    from {{ ref('stg_usergems__job_changes') }}

),

intercom_contacts as (

    select
        record_id,
        'intercom' as source,
        connection_id,
        'contact' as record_kind,
        contact_id as source_id,
        contact_name as full_name,
        email,
        null as job_title,
        null as account_kind,
        null as account_source_id,
        not is_deleted as is_live,
        created_at,
        first_received_at
    from {{ ref('stg_intercom__contacts') }}

),

zendesk_users as (

    select
        record_id,
        'zendesk' as source,
        connection_id,
        'user' as record_kind,
        user_id as source_id,
        user_name as full_name,
        email,
        null as job_title,
        'organization' as account_kind,
        organization_id as account_source_id,
        not is_deleted as is_live,
        created_at,
        first_received_at
    from {{ ref('stg_zendesk__users') }}
    where user_role = 'end-user'

),

slack_users as (

    select
        record_id,
        'slack' as source,
        connection_id,
        'user' as record_kind,
        user_id as source_id,
        real_name as full_name,
        email,
        job_title,
        null as account_kind,
        null as account_source_id,
        not is_deleted and not is_deactivated as is_live,
        null::timestamp_ntz as created_at,
        first_received_at
    from {{ ref('stg_slack__users') }}
    where not is_bot and email is not null

),

-- Gong gives a person another id on every call, so an address is the record.
gong_parties as (

    select
        md5('gong|' || parties.connection_id || '|party|' || parties.email) as record_id,
        'gong' as source,
        parties.connection_id,
        'party' as record_kind,
        md5(parties.email) as source_id,
        max_by(parties.party_name, calls.started_at) as full_name,
        parties.email,
        max_by(parties.job_title, calls.started_at) as job_title,
        null as account_kind,
        null as account_source_id,
        max(iff(parties.is_deleted, 0, 1)) = 1 as is_live,
        min(calls.started_at) as created_at,
        min(calls.first_received_at) as first_received_at
    from {{ ref('stg_gong__call_parties') }} as parties
    inner join {{ ref('stg_gong__calls') }} as calls
        on calls.connection_id = parties.connection_id and calls.call_id = parties.call_id
    where parties.affiliation != 'internal' and parties.email is not null
    group by parties.connection_id, parties.email

),

told as (

    select * from hubspot_contacts
    union all
    select * from salesforce_contacts
    union all
    select * from salesforce_leads
    union all
    select * from apollo_contacts
    union all
    select * from usergems_signals
    union all
    select * from intercom_contacts
    union all
    select * from zendesk_users
    union all
    select * from slack_users
    union all
    select * from gong_parties

),

internal_domains as (

    select * from {{ ref('internal_domains') }}

),

-- Our own colleagues are employees, never contacts.
records as (

    select
        told.source || ':' || told.connection_id || ':' || told.record_kind || ':' || told.source_id as node_id,
        told.record_id,
        told.source,
        told.connection_id,
        told.record_kind,
        told.source_id,
        iff(
            told.account_source_id is null,
            null,
            told.source || ':' || told.connection_id || ':' || told.account_kind || ':' || told.account_source_id
        ) as account_node_id,
        trim(told.full_name) as full_name,
        nullif(trim({{ words('told.full_name') }}), '') as name_key,
        nullif(trim(told.email), '') as email,
        nullif(split_part(trim(told.email), '@', 1), '') as local_part,
        {{ host_of("split_part(told.email, '@', 2)") }} as host,
        told.job_title,
        told.is_live,
        coalesce(told.created_at, told.first_received_at) as first_seen_at
    from told
    left join internal_domains on internal_domains.domain = split_part(trim(told.email), '@', 2)
    where internal_domains.domain is null

)

select * from records
