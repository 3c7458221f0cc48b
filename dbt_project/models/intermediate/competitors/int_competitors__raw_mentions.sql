with

read_calls as (

    select distinct call_id from {{ ref('int_calls__understood') }}

),

heard as (

    select * from {{ ref('int_competitors__heard') }}
    where competitor_name is not null

),

read_mentions as (

    select * from {{ ref('int_competitors__read') }}

),

-- What colleagues write among themselves is of no account and no customer, and it comes in masses.
attributed as (

    select * from {{ ref('int_competitors__utterances') }}
    where source_system != 'slack'

),

-- In a call that a language model has read, what it found counts, as surely as a misspelling that is known.
named as (

    select
        heard.mention_id,
        heard.utterance_key,
        heard.source_system,
        heard.source_record_id,
        heard.utterance_id,
        heard.competitor_name,
        heard.heard_as,
        heard.heard_by,
        heard.mention_context,
        heard.confidence,
        heard.received_at,
        heard.said_at
    from heard
    left join read_calls on heard.source_system = 'gong' and read_calls.call_id = heard.source_record_id
    where read_calls.call_id is null

    union all

    select
        mention_id,
        utterance_key,
        'gong' as source_system,
        call_id as source_record_id,
        utterance_id,
        competitor_name,
        heard_as,
        'language_model' as heard_by,
        mention_context,
        0.9 as confidence,
        null as received_at,
        null as said_at
    from read_mentions

),

mentions as (

    select
        named.mention_id,
        named.source_system,
        named.source_record_id,
        named.utterance_id,
        attributed.account_id,
        attributed.account_key,
        attributed.deal_key,
        named.competitor_name,
        named.heard_as,
        named.heard_by,
        named.mention_context,
        attributed.speaker_title,
        named.confidence::number(3, 2) as confidence,
        coalesce(attributed.is_by_customer, false) as is_by_customer,
        {{ business_date('coalesce(attributed.said_at, named.said_at)') }} as mentioned_on,
        coalesce(named.received_at, attributed.received_at) as received_at,
        coalesce(attributed.said_at, named.said_at) as detected_at
    from named
    left join attributed on attributed.utterance_key = named.utterance_key
    -- A sentence goes with its call.
    where named.source_system = 'slack' or attributed.utterance_key is not null

)

select * from mentions
