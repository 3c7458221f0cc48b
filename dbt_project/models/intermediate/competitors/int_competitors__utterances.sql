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

messages as (

    select * from {{ ref('int_slack__messages') }}
    where not is_deleted and not is_from_bot

),

conversations as (

    select * from {{ ref('stg_intercom__conversations') }}

),

tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

-- What was written goes with the conversation or ticket, which may come after it.
parts as (

    select parts.*
    from {{ ref('stg_intercom__conversation_parts') }} as parts
    left join conversations
        on conversations.connection_id = parts.connection_id
        and conversations.conversation_id = parts.conversation_id
    where
        not parts.is_deleted
        and not parts.is_redacted
        and parts.body_text is not null
        and not coalesce(conversations.is_deleted, false)

),

comments as (

    select comments.*
    from {{ ref('stg_zendesk__ticket_comments') }} as comments
    left join tickets
        on tickets.connection_id = comments.connection_id
        and tickets.ticket_id = comments.ticket_id
    where
        not comments.is_deleted
        and not coalesce(tickets.is_deleted or tickets.status = 'deleted', false)

),

requesters as (

    select * from {{ ref('stg_zendesk__users') }}

),

people as (

    select * from {{ ref('int_health__people') }}

),

accounts as (

    select * from {{ ref('int_health__accounts') }}

),

written as (

    -- Colleagues talk about a competitor; which account it concerns is not known until channels are mapped to accounts.
    select
        'slack' as source_system,
        message_id as source_record_id,
        '0' as utterance_id,
        null as author_email,
        message_text as utterance_text,
        false as is_by_customer,
        first_received_at as received_at,
        sent_at as said_at
    from messages

    union all

    select
        'intercom' as source_system,
        conversation_id as source_record_id,
        '0' as utterance_id,
        author_email,
        first_message_text as utterance_text,
        coalesce(author_type in ('user', 'lead', 'contact'), false) as is_by_customer,
        first_received_at as received_at,
        created_at as said_at
    from conversations
    where not is_deleted

    union all

    select
        'intercom' as source_system,
        conversation_id as source_record_id,
        part_id as utterance_id,
        author_email,
        body_text as utterance_text,
        coalesce(author_type in ('user', 'lead', 'contact'), false) as is_by_customer,
        first_received_at as received_at,
        created_at as said_at
    from parts
    where author_type != 'bot'

    union all

    select
        'zendesk' as source_system,
        comments.ticket_id as source_record_id,
        comments.comment_id as utterance_id,
        requesters.email as author_email,
        comments.body as utterance_text,
        coalesce(requesters.user_role = 'end-user', false) as is_by_customer,
        comments.first_received_at as received_at,
        comments.created_at as said_at
    from comments
    left join requesters
        on requesters.connection_id = comments.connection_id
        and requesters.user_id = comments.author_id

),

utterances as (

    select
        'gong' as source_system,
        sentences.call_id as source_record_id,
        sentences.monologue_number::varchar || '.' || sentences.sentence_number::varchar as utterance_id,
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
    select
        written.source_system,
        written.source_record_id,
        written.utterance_id,
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

),

keyed as (

    select
        md5(source_system || '|' || source_record_id || '|' || utterance_id) as utterance_key,
        *
    from utterances

)

select * from keyed
