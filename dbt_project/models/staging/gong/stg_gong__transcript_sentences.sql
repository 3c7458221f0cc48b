with

records as (

    select * from {{ ref('base_records') }}
    where source = 'gong' and stream = 'transcript'

),

monologues as (

    select
        records.record_id,
        records.connection_id,
        records.entity_id as call_id,
        records.is_deleted,
        records.first_received_at,
        records.landed_at,
        monologue.index as monologue_number,
        monologue.value:speakerId::varchar as speaker_id,
        monologue.value:topic::varchar as topic,
        monologue.value:sentences as sentences
    from records
    inner join lateral flatten(input => records.payload:transcript) as monologue

),

typed as (

    select
        md5(
            monologues.record_id || '|' || monologues.monologue_number::varchar || '|' || sentence.index::varchar
        ) as sentence_key,
        monologues.connection_id,
        monologues.call_id,
        monologues.speaker_id,
        monologues.topic,
        sentence.value:text::varchar as sentence_text,
        monologues.monologue_number,
        sentence.index as sentence_number,
        try_to_number(sentence.value:start::varchar) as start_ms,
        try_to_number(sentence.value:end::varchar) as end_ms,
        monologues.is_deleted,
        monologues.first_received_at,
        monologues.landed_at
    from monologues
    inner join lateral flatten(input => monologues.sentences) as sentence

)

select * from typed
