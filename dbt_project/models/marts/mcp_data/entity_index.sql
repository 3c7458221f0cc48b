with

account_ids as (

    select
        account_key,
        account_id
    from {{ ref('int_health__accounts') }}

),

accounts as (

    select
        'account' as entity_type,
        account_key as entity_id,
        account_key,
        account_name as entity_name,
        domain as also_known_as,
        'MCP_DATA.ACCOUNT_360' as found_in,
        'account_key' as found_by,
        created_at as known_since
    from {{ ref('account_360') }}

),

contacts as (

    select
        'contact' as entity_type,
        person_key as entity_id,
        account_key,
        full_name as entity_name,
        email as also_known_as,
        'ANALYTICS.DIM_CONTACT' as found_in,
        'person_key' as found_by,
        first_seen_at as known_since
    from {{ ref('dim_contact') }}
    where not is_deleted

),

deals as (

    select
        'deal' as entity_type,
        deal_key as entity_id,
        account_key,
        deal_name as entity_name,
        stage_id as also_known_as,
        'ANALYTICS.FCT_DEAL' as found_in,
        'deal_key' as found_by,
        created_at as known_since
    from {{ ref('fct_deal') }}
    where status != 'deleted'

),

calls as (

    select
        'call' as entity_type,
        call_id as entity_id,
        account_key,
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
        null as account_key,
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
        null as account_key,
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
        md5(every_entity.entity_type || '|' || every_entity.entity_id) as entity_key,
        every_entity.entity_type::varchar as entity_type,
        every_entity.entity_id::varchar as entity_id,
        every_entity.account_key::varchar as account_key,
        account_ids.account_id::varchar as account_id,
        every_entity.entity_name::varchar as entity_name,
        every_entity.also_known_as::varchar as also_known_as,
        {{ words("coalesce(entity_name, '') || ' ' || coalesce(also_known_as, '')") }}::varchar as search_words,
        every_entity.found_in::varchar as found_in,
        every_entity.found_by::varchar as found_by,
        every_entity.known_since::timestamp_ntz as known_since
    from every_entity
    left join account_ids on account_ids.account_key = every_entity.account_key

)

select * from told
