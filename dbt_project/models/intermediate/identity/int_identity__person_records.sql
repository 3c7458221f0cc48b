with

hubspot_contacts as (

    {{ person_columns(
        'hubspot', 'contact', 'contact_id',
        job_title='job_title',
        account_kind='company',
        account_source_id='company_id',
        is_live='not is_deleted and not is_merged'
    ) }}
    from {{ ref('stg_hubspot__contacts') }}

),

salesforce_contacts as (

    {{ person_columns(
        'salesforce', 'contact', 'contact_id',
        job_title='job_title', account_kind='account', account_source_id='account_id'
    ) }}
    from {{ ref('stg_salesforce__contacts') }}

),

salesforce_leads as (

    {{ person_columns(
        'salesforce', 'lead', 'lead_id', account_kind='account', account_source_id='converted_account_id'
    ) }}
    from {{ ref('stg_salesforce__leads') }}

),

apollo_contacts as (

    {{ person_columns(
        'apollo', 'contact', 'contact_id',
        job_title='job_title', account_kind='account', account_source_id='account_id'
    ) }}
    from {{ ref('stg_apollo__contacts') }}

),

usergems_signals as (

    {{ person_columns('usergems', 'signal', 'signal_id', job_title='job_title', created_at='detected_at') }}
    from {{ ref('stg_usergems__job_changes') }}

),

intercom_contacts as (

    {{ person_columns('intercom', 'contact', 'contact_id', full_name='contact_name') }}
    from {{ ref('stg_intercom__contacts') }}

),

zendesk_users as (

    {{ person_columns(
        'zendesk', 'user', 'user_id',
        full_name='user_name', account_kind='organization', account_source_id='organization_id'
    ) }}
    from {{ ref('stg_zendesk__users') }}
    where user_role = 'end-user'

),

slack_users as (

    {{ person_columns(
        'slack', 'user', 'user_id',
        full_name='real_name',
        job_title='job_title',
        is_live='not is_deleted and not is_deactivated',
        created_at='null::timestamp_ntz'
    ) }}
    from {{ ref('stg_slack__users') }}
    where not is_bot and email is not null

),

-- Gong gives a person another id on every call, so an address is the record.
gong_parties as (

    {{ person_columns(
        'gong', 'party', 'md5(parties.email)',
        full_name='max_by(parties.party_name, calls.started_at)',
        email='parties.email',
        job_title='max_by(parties.job_title, calls.started_at)',
        record_id="md5('gong|' || parties.connection_id || '|party|' || parties.email)",
        connection_id='parties.connection_id',
        is_live='max(iff(parties.is_deleted, 0, 1)) = 1',
        created_at='min(calls.started_at)',
        first_received_at='min(calls.first_received_at)'
    ) }}
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
