{%- set told_external_ids = [
    ('intercom', 'company', 'company_id', 'external_id', 'stg_intercom__companies'),
    ('intercom', 'contact', 'contact_id', 'external_id', 'stg_intercom__contacts'),
    ('zendesk', 'organization', 'organization_id', 'external_id', 'stg_zendesk__organizations'),
    ('zendesk', 'user', 'user_id', 'external_id', 'stg_zendesk__users'),
    ('usergems', 'signal', 'signal_id', 'our_reference', 'stg_usergems__job_changes'),
] -%}

with

account_records as (

    select * from {{ ref('int_identity__account_records') }}

),

external_kinds as (

    select * from {{ ref('identity_external_ids') }}

),

hubspot_links as (

    select
        iff(
            changes.stream = 'company',
            {{ node_of('hubspot', 'company', 'changes.entity_id', 'changes.connection_id') }},
            {{ node_of('hubspot', 'contact', 'changes.entity_id', 'changes.connection_id') }}
        ) as node_id,
        'crm_cross_id' as rule,
        'salesforce' as refers_to_source,
        case changes.property_name
            when 'salesforceaccountid' then 'account'
            when 'salesforcecontactid' then 'contact'
            else 'lead'
        end as refers_to_kind,
        changes.property_value as refers_to_id
    from {{ ref('base_hubspot__property_changes') }} as changes
    where
        changes.is_current
        and (
            (changes.stream = 'company' and changes.property_name = 'salesforceaccountid')
            or (changes.stream = 'contact' and changes.property_name in ('salesforcecontactid', 'salesforceleadid'))
        )

),

hubspot_merges as (

    select
        'hubspot:' || connection_id || ':' || object_type || ':' || loser_id as node_id,
        'merged' as rule,
        'hubspot' as refers_to_source,
        object_type as refers_to_kind,
        winner_id as refers_to_id
    from {{ ref('stg_hubspot__merges') }}
    where object_type in ('company', 'contact')

),

salesforce_merges as (

    select
        'salesforce:' || connection_id || ':' || lower(object_type) || ':' || loser_id as node_id,
        'merged' as rule,
        'salesforce' as refers_to_source,
        lower(object_type) as refers_to_kind,
        winner_id as refers_to_id
    from {{ ref('stg_salesforce__merges') }}
    where lower(object_type) in ('account', 'contact', 'lead')

),

converted_leads as (

    select
        {{ node_of('salesforce', 'lead', 'lead_id') }} as node_id,
        'converted' as rule,
        'salesforce' as refers_to_source,
        'contact' as refers_to_kind,
        converted_contact_id as refers_to_id
    from {{ ref('stg_salesforce__leads') }}

),

apollo_accounts as (

    select
        {{ node_of('apollo', 'account', 'account_id') }} as node_id,
        'crm_cross_id' as rule,
        crm.source as refers_to_source,
        iff(crm.source = 'hubspot', 'company', 'account') as refers_to_kind,
        iff(crm.source = 'hubspot', hubspot_company_id, salesforce_account_id) as refers_to_id
    from {{ ref('stg_apollo__accounts') }}
    cross join (
        select 'hubspot' as source
        union all
        select 'salesforce' as source
    ) as crm

),

apollo_contacts as (

    select
        {{ node_of('apollo', 'contact', 'contact_id') }} as node_id,
        'crm_cross_id' as rule,
        crm.source as refers_to_source,
        crm.record_kind as refers_to_kind,
        case
            when crm.source = 'hubspot' then hubspot_contact_id
            when crm.record_kind = 'contact' then salesforce_contact_id
            else salesforce_lead_id
        end as refers_to_id
    from {{ ref('stg_apollo__contacts') }}
    cross join (
        select 'hubspot' as source, 'contact' as record_kind
        union all
        select 'salesforce' as source, 'contact' as record_kind
        union all
        select 'salesforce' as source, 'lead' as record_kind
    ) as crm

),

gong_contexts as (

    select
        node_id,
        'crm_context' as rule,
        split_part(source_id, '/', 1) as refers_to_source,
        iff(split_part(source_id, '/', 1) = 'hubspot', 'company', 'account') as refers_to_kind,
        split_part(source_id, '/', 2) as refers_to_id
    from account_records
    where source = 'gong'

),

-- What these systems call an external id is whatever their user put there; the seed says whose id that is.
external_ids as (

    {% for source, record_kind, source_id, external_id, model in told_external_ids -%}
    select
        {{ node_of(source, record_kind, source_id) }} as node_id,
        '{{ source }}' as source,
        '{{ record_kind }}' as record_kind,
        {{ external_id }} as external_id
    from {{ ref(model) }}

    union all

    {% endfor -%}
    select
        {{ node_of('linear', 'customer', 'customers.customer_id', 'customers.connection_id') }} as node_id,
        'linear' as source,
        'customer' as record_kind,
        listed.value::varchar as external_id
    from {{ ref('stg_linear__customers') }} as customers
    inner join lateral flatten(input => customers.external_ids) as listed

    union all

    select
        node_id,
        'custom' as source,
        'customer' as record_kind,
        source_id as external_id
    from account_records
    where source = 'custom'

),

external_references as (

    select
        external_ids.node_id,
        'external_id' as rule,
        external_kinds.refers_to_source,
        external_kinds.refers_to_kind,
        external_ids.external_id as refers_to_id
    from external_ids
    inner join external_kinds
        on external_kinds.source = external_ids.source and external_kinds.record_kind = external_ids.record_kind

),

told as (

    select * from hubspot_links
    union
    select * from hubspot_merges
    union
    select * from salesforce_merges
    union
    select * from converted_leads
    union
    select * from apollo_accounts
    union
    select * from apollo_contacts
    union
    select * from gong_contexts
    union
    select * from external_references

),

-- Salesforce's ids of 15 and of 18 characters name the same record; the first 15 are the id.
named as (

    select distinct
        node_id,
        rule,
        refers_to_source,
        refers_to_kind,
        iff(refers_to_source = 'salesforce', {{ salesforce_id('refers_to_id') }}, refers_to_id) as named_id
    from told
    where refers_to_id is not null and refers_to_id != ''

),

keyed as (

    select
        md5(node_id || '|' || rule || '|' || refers_to_source || '|' || refers_to_kind || '|' || named_id)
            as reference_key,
        node_id,
        rule,
        refers_to_source,
        refers_to_kind,
        named_id as refers_to_id
    from named

)

select * from keyed
