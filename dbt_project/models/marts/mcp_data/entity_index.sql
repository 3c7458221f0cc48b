with

accounts as (

    select
        'account' as entity_type,
        account_id as entity_id,
        account_id,
        account_name as entity_name,
        domain as also_known_as,
        'MCP_DATA.ACCOUNT_360' as found_in,
        'account_id' as found_by,
        created_at as known_since
    from {{ ref('account_360') }}

),

contacts as (

    select
        'contact' as entity_type,
        people.contact_id as entity_id,
        coalesce(merged.merged_into_id, people.company_id) as account_id,
        nullif(trim(coalesce(people.first_name, '') || ' ' || coalesce(people.last_name, '')), '') as entity_name,
        people.email as also_known_as,
        'STAGING.STG_HUBSPOT__CONTACTS' as found_in,
        'contact_id' as found_by,
        people.created_at as known_since
    from {{ ref('stg_hubspot__contacts') }} as people
    left join {{ ref('stg_hubspot__companies') }} as merged
        on merged.connection_id = people.connection_id
        and merged.company_id = people.company_id
    where not people.is_deleted and not people.is_merged

),

deals as (

    select
        'deal' as entity_type,
        deals.deal_id as entity_id,
        companies_of_deals.company_id as account_id,
        deals.deal_name as entity_name,
        deals.stage_id as also_known_as,
        'ANALYTICS.INT_DEALS__STAGE_INTERVALS' as found_in,
        'deal_id' as found_by,
        deals.created_at as known_since
    from {{ ref('stg_hubspot__deals') }} as deals
    left join {{ ref('int_deals__companies') }} as companies_of_deals
        on companies_of_deals.deal_key = deals.record_id
    where not deals.is_deleted and not deals.is_merged

),

calls as (

    select
        'call' as entity_type,
        call_id as entity_id,
        account_id,
        title as entity_name,
        call_date::varchar as also_known_as,
        'GONG_INTELLIGENCE.CALL_TRANSCRIPTS' as found_in,
        'call_id' as found_by,
        started_at as known_since
    from {{ ref('int_calls__linked') }}

),

competitors as (

    select
        'competitor' as entity_type,
        competitor_name as entity_id,
        null as account_id,
        competitor_name as entity_name,
        listagg(alias, ', ') within group (order by alias) as also_known_as,
        'COMPETITIVE_INTELLIGENCE.COMPETITOR_MENTIONS' as found_in,
        'competitor_name' as found_by,
        null::timestamp_ntz as known_since
    from {{ ref('competitors') }}
    group by competitor_name

),

decisions as (

    select
        'decision' as entity_type,
        decision_id as entity_id,
        null as account_id,
        title as entity_name,
        chosen_alternative as also_known_as,
        'AI_MEMORY.DECISIONS' as found_in,
        'decision_id' as found_by,
        decided_at as known_since
    from {{ ref('decisions') }}

),

every_entity as (

    select * from accounts
    union all
    select * from contacts
    union all
    select * from deals
    union all
    select * from calls
    union all
    select * from competitors
    union all
    select * from decisions

),

told as (

    select
        md5(entity_type || '|' || entity_id) as entity_key,
        entity_type::varchar as entity_type,
        entity_id::varchar as entity_id,
        account_id::varchar as account_id,
        entity_name::varchar as entity_name,
        also_known_as::varchar as also_known_as,
        {{ words("coalesce(entity_name, '') || ' ' || coalesce(also_known_as, '')") }}::varchar as search_words,
        found_in::varchar as found_in,
        found_by::varchar as found_by,
        known_since::timestamp_ntz as known_since
    from every_entity

)

select * from told
