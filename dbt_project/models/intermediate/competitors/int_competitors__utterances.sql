{{ config(materialized='view') }}

with

sentences as (

    select * from {{ ref('stg_gong__transcript_sentences') }}
    where not is_deleted

),

calls as (

    select * from {{ ref('int_calls__linked') }}

),

speakers as (

    select * from {{ ref('stg_gong__call_parties') }}
    where speaker_id is not null
    qualify row_number() over (partition by call_id, speaker_id order by party_key) = 1

),

written as (

    select * from {{ ref('int_competitors__written') }}

),

conversations as (

    select * from {{ ref('stg_intercom__conversations') }}

),

tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

people as (

    select * from {{ ref('int_health__people') }}

),

accounts as (

    select * from {{ ref('int_health__accounts') }}

),

gone as (

    select
        'intercom' as source_system,
        connection_id,
        conversation_id as source_record_id
    from conversations
    where is_deleted

    union all

    select
        'zendesk' as source_system,
        connection_id,
        ticket_id as source_record_id
    from tickets
    where is_deleted or status = 'deleted'

),

utterances as (

    select
        'gong' as source_system,
        sentences.call_id as source_record_id,
        sentences.monologue_number::varchar || '.' || sentences.sentence_number::varchar as utterance_id,
        {{ utterance_key("'gong'", 'sentences.call_id', 'utterance_id') }} as utterance_key,
        calls.account_id,
        calls.account_key,
        calls.deal_key,
        speakers.job_title as speaker_title,
        sentences.sentence_text as utterance_text,
        coalesce(speakers.affiliation = 'external', false) as is_by_customer,
        sentences.first_received_at as received_at,
        dateadd(millisecond, coalesce(sentences.start_ms, 0), calls.started_at) as said_at
    from sentences
    inner join calls on calls.call_id = sentences.call_id
    left join speakers on speakers.call_id = sentences.call_id and speakers.speaker_id = sentences.speaker_id

    union all

    -- Somebody of no account we know (a resident, say) is nobody's customer.
    -- What was written goes with the conversation or ticket, which may come after it.
    select
        written.source_system,
        written.source_record_id,
        written.utterance_id,
        written.utterance_key,
        accounts.account_id,
        people.account_key,
        null as deal_key,
        null as speaker_title,
        written.utterance_text,
        people.account_key is not null as is_by_customer,
        written.received_at,
        written.said_at
    from written
    left join people on written.is_by_customer and people.email = written.author_email
    left join accounts on accounts.account_key = people.account_key
    left join gone
        on gone.source_system = written.source_system
        and gone.connection_id = written.connection_id
        and gone.source_record_id = written.source_record_id
    where gone.source_record_id is null

)

select * from utterances
