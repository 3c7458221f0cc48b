with

sentences as (

    select * from {{ ref('stg_gong__transcript_sentences') }}
    where not is_deleted

),

calls as (

    select * from {{ ref('int_calls__linked') }}

),

parties as (

    select * from {{ ref('stg_gong__call_parties') }}
    where speaker_id is not null
    qualify row_number() over (partition by call_id, speaker_id order by party_key) = 1

),

messages as (

    select * from {{ ref('stg_slack__messages') }}
    where not is_deleted and not is_from_bot

),

aliases as (

    select * from {{ ref('competitors') }}

),

utterances as (

    select
        'gong' as source_system,
        sentences.call_id as source_record_id,
        sentences.monologue_number::varchar || '.' || sentences.sentence_number::varchar as utterance_id,
        calls.account_id,
        calls.deal_key,
        parties.job_title as speaker_title,
        sentences.sentence_text as utterance_text,
        coalesce(parties.affiliation = 'external', false) as is_by_customer,
        dateadd(millisecond, coalesce(sentences.start_ms, 0), calls.started_at) as said_at
    from sentences
    inner join calls on calls.call_id = sentences.call_id
    left join parties on parties.call_id = sentences.call_id and parties.speaker_id = sentences.speaker_id

    union all

    -- Colleagues talk about a competitor; which account it concerns is not known until channels are mapped to accounts.
    select
        'slack' as source_system,
        message_id as source_record_id,
        '0' as utterance_id,
        null as account_id,
        null as deal_key,
        null as speaker_title,
        message_text as utterance_text,
        false as is_by_customer,
        sent_at as said_at
    from messages

),

-- One mention per record, competitor and utterance, however many of its aliases were said.
mentions as (

    select
        md5(
            utterances.source_system || '|' || utterances.source_record_id || '|' || aliases.competitor_name
            || '|' || utterances.utterance_id
        ) as mention_id,
        utterances.source_system,
        utterances.source_record_id,
        utterances.utterance_id,
        utterances.account_id,
        utterances.deal_key,
        aliases.competitor_name,
        utterances.utterance_text as mention_context,
        utterances.speaker_title,
        utterances.is_by_customer,
        {{ business_date('utterances.said_at') }} as mentioned_on,
        utterances.said_at as detected_at
    from utterances
    inner join aliases on contains({{ words('utterances.utterance_text') }}, {{ words('aliases.alias') }})
    qualify row_number() over (
        partition by
            utterances.source_system,
            utterances.source_record_id,
            utterances.utterance_id,
            aliases.competitor_name
        order by aliases.alias
    ) = 1

)

select * from mentions
