{#- Whether the conversation or ticket still stands is not asked here: it may go and come back without a new word. -#}
{{ config(materialized='view') }}

with

messages as (

    select * from {{ ref('int_slack__messages') }}
    where not is_deleted and not is_from_bot

),

conversations as (

    select * from {{ ref('stg_intercom__conversations') }}

),

parts as (

    select * from {{ ref('stg_intercom__conversation_parts') }}
    where not is_deleted and not is_redacted and author_type != 'bot'

),

comments as (

    select * from {{ ref('stg_zendesk__ticket_comments') }}
    where not is_deleted

),

requesters as (

    select * from {{ ref('stg_zendesk__users') }}

),

-- Colleagues talk about a competitor; which account it concerns is not known until channels are mapped to accounts.
written as (

    select
        'slack' as source_system,
        connection_id,
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
        connection_id,
        conversation_id as source_record_id,
        '0' as utterance_id,
        author_email,
        first_message_text as utterance_text,
        coalesce(author_type in ('user', 'lead', 'contact'), false) as is_by_customer,
        first_received_at as received_at,
        created_at as said_at
    from conversations

    union all

    select
        'intercom' as source_system,
        connection_id,
        conversation_id as source_record_id,
        part_id as utterance_id,
        author_email,
        body_text as utterance_text,
        coalesce(author_type in ('user', 'lead', 'contact'), false) as is_by_customer,
        first_received_at as received_at,
        created_at as said_at
    from parts

    union all

    select
        'zendesk' as source_system,
        comments.connection_id,
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

keyed as (

    select
        {{ utterance_key('source_system', 'source_record_id', 'utterance_id') }} as utterance_key,
        *
    from written
    where utterance_text is not null

)

select * from keyed
