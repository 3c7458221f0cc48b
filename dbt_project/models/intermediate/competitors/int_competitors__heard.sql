{#-
  What was said decides alone, so a run hears only the utterances of which something landed, and all of them again when
  the names or the cues changed. Whose mention it is follows from other records; raw_mentions tells that.

  An utterance that no longer names a competitor it once named keeps a row without a competitor.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='utterance_key',
    on_schema_change='fail',
) }}

{%- set streams = [
    'gong/transcript', 'slack/message', 'intercom/conversation', 'intercom/conversation_part', 'zendesk/ticket_event'
] %}
{%- set vocabulary_key -%}
    (
        select md5(listagg(entry, '|') within group (order by entry))
        from (
            select competitor_name || '/' || alias || '/' || alias_kind as entry from {{ ref('competitors') }}
            union all
            select phrase || '/' || weight::varchar as entry from {{ ref('competitor_cues') }}
        )
    )
{%- endset %}
{%- set in_scope = received_since_last_run(
    streams, 'received_at', recorded_as='first_received_at', still_holds='vocabulary_key = ' ~ vocabulary_key
) %}

with

-- A transcript may come before its call: what was said in it is heard without waiting for the rest.
sentences as (

    select
        'gong' as source_system,
        call_id as source_record_id,
        monologue_number::varchar || '.' || sentence_number::varchar as utterance_id,
        sentence_text as utterance_text,
        first_received_at as received_at,
        null::timestamp_ntz as said_at
    from {{ ref('stg_gong__transcript_sentences') }}
    where not is_deleted

),

written as (

    select
        source_system,
        source_record_id,
        utterance_id,
        utterance_text,
        received_at,
        said_at
    from {{ ref('int_competitors__utterances') }}
    where source_system != 'gong'

),

said as (

    select * from sentences
    where {{ in_scope }}

    union all

    select * from written
    where {{ in_scope }}

),

utterances as (

    select
        *,
        md5(source_system || '|' || source_record_id || '|' || utterance_id) as utterance_key,
        {{ words('utterance_text') }} as spoken_words
    from said
    where utterance_text is not null

),

known_aliases as (

    select
        competitor_name,
        alias,
        alias_kind
    from {{ ref('competitors') }}

),

cues as (

    select * from {{ ref('competitor_cues') }}

),

vocabulary as (

    select distinct spoken_word.value::varchar as word
    from utterances
    inner join lateral flatten(input => split(trim(utterances.spoken_words), ' ')) as spoken_word

),

-- A word one letter away from a name of six letters or more, two letters from one of ten. Both must begin alike: what
-- people and transcripts get wrong is rarely the first letter, and what differs there is usually another word.
misspellings as (

    select
        known_aliases.competitor_name,
        vocabulary.word as alias,
        'misheard' as alias_kind
    from vocabulary
    inner join known_aliases
        on left(vocabulary.word, 1) = left(lower(known_aliases.alias), 1)
        and abs(length(vocabulary.word) - length(known_aliases.alias)) <= 2
    where
        known_aliases.alias_kind = 'name'
        and length(vocabulary.word) >= 6
        and not contains(known_aliases.alias, ' ')
        and editdistance(vocabulary.word, lower(known_aliases.alias))
        between 1 and iff(length(known_aliases.alias) >= 10, 2, 1)

),

aliases as (

    select
        competitor_name,
        alias,
        alias_kind
    from known_aliases

    union all

    select
        competitor_name,
        alias,
        alias_kind
    from misspellings

),

heard as (

    select
        utterances.*,
        aliases.competitor_name,
        aliases.alias,
        aliases.alias_kind
    from utterances
    inner join aliases on contains(utterances.spoken_words, {{ words('aliases.alias') }})

),

-- An alias that is also ordinary words needs a sign: written as a name, or words around it that go with a competitor.
signs as (

    select
        heard.source_system,
        heard.source_record_id,
        heard.utterance_id,
        heard.alias,
        sum(cues.weight) as cue_weight
    from heard
    inner join cues
        on contains(heard.spoken_words, {{ words("replace(cues.phrase, '{alias}', heard.alias)") }})
    where heard.alias_kind = 'ordinary_words'
    group by heard.source_system, heard.source_record_id, heard.utterance_id, heard.alias

),

weighed as (

    select
        heard.*,
        coalesce(signs.cue_weight, 0)
        + iff(contains(replace(heard.utterance_text, '-', ' '), heard.alias), 1, 0) as sign_weight
    from heard
    left join signs
        on signs.source_system = heard.source_system
        and signs.source_record_id = heard.source_record_id
        and signs.utterance_id = heard.utterance_id
        and signs.alias = heard.alias

),

sure as (

    select
        *,
        case
            when alias_kind = 'name' then 1.0
            when alias_kind = 'misspelling' then 0.9
            when alias_kind = 'misheard' then 0.8
            when sign_weight >= 2 then 0.9
            when sign_weight = 1 then 0.7
        end::number(3, 2) as confidence
    from weighed

),

-- One mention per utterance and competitor, however many of its aliases were said.
mentions as (

    select
        md5(
            source_system || '|' || source_record_id || '|' || competitor_name || '|' || utterance_id
        ) as mention_id,
        utterance_key,
        source_system,
        source_record_id,
        utterance_id,
        competitor_name,
        alias as heard_as,
        alias_kind as heard_by,
        utterance_text as mention_context,
        confidence,
        received_at,
        said_at
    from sure
    where confidence is not null
    qualify row_number() over (
        partition by source_system, source_record_id, utterance_id, competitor_name
        order by confidence desc, alias
    ) = 1

),

{% if is_incremental() -%}
no_longer_mentions as (

    select distinct
        utterance_key,
        source_system,
        source_record_id,
        utterance_id,
        received_at
    from {{ this }}
    where {{ in_scope }} and utterance_key not in (select utterance_key from mentions)

),

{% endif -%}
told as (

    select * from mentions
    {%- if is_incremental() %}

    union all

    select
        'none in ' || utterance_key as mention_id,
        utterance_key,
        source_system,
        source_record_id,
        utterance_id,
        null as competitor_name,
        null as heard_as,
        null as heard_by,
        null as mention_context,
        null as confidence,
        received_at,
        null as said_at
    from no_longer_mentions
    {%- endif %}

),

kept as (

    select
        *,
        {{ vocabulary_key }} as vocabulary_key,
        {{ read_until() }} as read_until
    from told

)

select * from kept
