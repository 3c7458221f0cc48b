with

heard as (

    select * from {{ ref('int_competitors__heard') }}
    where competitor_name is not null

),

-- What colleagues write among themselves is of no account and no customer, and it comes in masses.
attributed as (

    select * from {{ ref('int_competitors__utterances') }}
    where source_system != 'slack'

),

mentions as (

    select
        heard.mention_id,
        heard.source_system,
        heard.source_record_id,
        heard.utterance_id,
        attributed.account_id,
        attributed.deal_key,
        heard.competitor_name,
        heard.heard_as,
        heard.heard_by,
        heard.mention_context,
        attributed.speaker_title,
        heard.confidence,
        coalesce(attributed.is_by_customer, false) as is_by_customer,
        {{ business_date('coalesce(attributed.said_at, heard.said_at)') }} as mentioned_on,
        heard.received_at,
        coalesce(attributed.said_at, heard.said_at) as detected_at
    from heard
    left join attributed on attributed.utterance_key = heard.utterance_key
    -- A sentence goes with its call.
    where heard.source_system = 'slack' or attributed.utterance_key is not null

)

select * from mentions
