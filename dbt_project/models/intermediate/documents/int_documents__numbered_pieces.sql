{#-
  A source of texts adds a CTE here, or to int_documents__whole_texts where its texts are one piece each, and its head to
  int_documents__heads; nothing else knows of it.
-#}
with

sentences as (

    select * from {{ ref('stg_gong__transcript_sentences') }}
    where not is_deleted

),

parties as (

    select * from {{ ref('stg_gong__call_parties') }}
    where speaker_id is not null
    qualify row_number() over (partition by call_id, speaker_id order by party_key) = 1

),

conversations as (

    select * from {{ ref('stg_intercom__conversations') }}
    where not is_deleted and first_message_text is not null

),

parts as (

    select * from {{ ref('stg_intercom__conversation_parts') }}
    where not is_deleted and not is_redacted and body_text is not null

),

comments as (

    select * from {{ ref('stg_zendesk__ticket_comments') }}
    where not is_deleted and body is not null

),

zendesk_users as (

    select * from {{ ref('stg_zendesk__users') }}

),

whole_texts as (

    select * from {{ ref('int_documents__whole_texts') }}

),

stories as (

    select * from {{ ref('stg_asana__stories') }}
    where not is_deleted and story_type = 'comment' and story_text is not null

),

github_pieces as (

    select * from {{ ref('int_documents__github_pieces') }}

),

blocks as (

    select * from {{ ref('stg_notion__page_blocks') }}
    where not is_deleted and block_text is not null

),

told as (

    select
        'gong' as source,
        sentences.connection_id,
        sentences.call_id as source_record_id,
        lpad(sentences.monologue_number::varchar, 9, '0') as position_key,
        parties.party_name as speaker,
        listagg(sentences.sentence_text, ' ') within group (order by sentences.sentence_number) as piece_text,
        min(sentences.start_ms) as start_ms,
        max(sentences.end_ms) as end_ms
    from sentences
    left join parties
        on parties.call_id = sentences.call_id
        and parties.speaker_id = sentences.speaker_id
    where sentences.sentence_text is not null
    group by sentences.connection_id, sentences.call_id, sentences.monologue_number, parties.party_name

    union all

    select
        'intercom' as source,
        connection_id,
        conversation_id as source_record_id,
        '0' as position_key,
        author_type as speaker,
        first_message_text as piece_text,
        null as start_ms,
        null as end_ms
    from conversations

    union all

    select
        'intercom' as source,
        connection_id,
        conversation_id as source_record_id,
        '1' || to_char(created_at, 'YYYYMMDDHH24MISS') || part_id as position_key,
        author_type as speaker,
        body_text as piece_text,
        null as start_ms,
        null as end_ms
    from parts

    union all

    select
        'zendesk' as source,
        comments.connection_id,
        comments.ticket_id as source_record_id,
        to_char(comments.created_at, 'YYYYMMDDHH24MISS') || comments.comment_id as position_key,
        zendesk_users.user_name as speaker,
        comments.body as piece_text,
        null as start_ms,
        null as end_ms
    from comments
    left join zendesk_users
        on zendesk_users.connection_id = comments.connection_id
        and zendesk_users.user_id = comments.author_id

    union all

    select
        source,
        connection_id,
        source_record_id,
        '0' as position_key,
        author_name as speaker,
        whole_text as piece_text,
        null as start_ms,
        null as end_ms
    from whole_texts

    union all

    select
        'asana' as source,
        connection_id,
        task_id as source_record_id,
        '1' || to_char(created_at, 'YYYYMMDDHH24MISS') || story_id as position_key,
        null as speaker,
        story_text as piece_text,
        null as start_ms,
        null as end_ms
    from stories

    union all

    select
        'github' as source,
        connection_id,
        source_record_id,
        position_key,
        speaker,
        piece_text,
        null as start_ms,
        null as end_ms
    from github_pieces

    union all

    -- Headings as Markdown has them: by them a page falls into sections.
    select
        'notion' as source,
        connection_id,
        page_id as source_record_id,
        lpad(block_number::varchar, 9, '0') as position_key,
        null as speaker,
        case block_type
            when 'heading_1' then '# ' || block_text
            when 'heading_2' then '## ' || block_text
            when 'heading_3' then '### ' || block_text
            when 'code' then '```\n' || block_text || '\n```'
            else block_text
        end as piece_text,
        null as start_ms,
        null as end_ms
    from blocks

),

numbered as (

    {{ numbered_pieces('told') }}

)

select * from numbered
