{#-
  What was said decides alone, so a run hears only the utterances of which something landed, and all of them again when
  the names or the cues changed. Whose mention it is, and whether the ticket it was written in still stands, follows from
  other records; raw_mentions tells that.

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
{%- set vocabulary -%}
    select competitor_name || '/' || alias || '/' || alias_kind || '/' || coalesce(reads_as, '') as entry
    from {{ ref('competitors') }}
    union all
    select phrase || '/' || weight::varchar || '/' || coalesce(not_for, '') as entry
    from {{ ref('competitor_cues') }}
{%- endset %}
{%- set vocabulary_key = contents_key(vocabulary) %}
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
    from {{ ref('int_competitors__written') }}

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
        {{ utterance_key('source_system', 'source_record_id', 'utterance_id') }} as utterance_key,
        {{ words('utterance_text') }} as spoken_words
    from said
    where utterance_text is not null

),

known_aliases as (

    select * from {{ ref('competitors') }}

),

cue_phrases as (

    select * from {{ ref('int_competitors__cue_phrases') }}

),

{{ misheard_names('utterances', 'known_aliases') }},

aliases as (

    select
        competitor_name,
        alias,
        alias_kind,
        reads_as
    from known_aliases

    union all

    select
        competitor_name,
        alias,
        alias_kind,
        reads_as
    from misheard_names

),

spoken_aliases as (

    select
        *,
        {{ words('alias') }} as spoken_alias,
        iff(alias_kind = 'ordinary_words', {{ words("alias || 's'") }}, null) as spoken_genitive
    from aliases

),

heard as (

    select
        utterances.*,
        spoken_aliases.competitor_name,
        spoken_aliases.alias,
        spoken_aliases.alias_kind,
        contains(
            ' ' || regexp_replace(utterances.utterance_text, '[^A-Za-z0-9]+', ' ') || ' ',
            ' ' || iff(
                spoken_aliases.alias_kind = 'misheard_words', initcap(spoken_aliases.alias), spoken_aliases.alias
            ) || ' '
        ) as is_written_as_name,
        (
            spoken_aliases.alias_kind = 'ordinary_words'
            and coalesce(spoken_aliases.reads_as in ('count_noun', 'verb_phrase'), false)
            and contains(utterances.spoken_words, spoken_aliases.spoken_alias)
        ) as is_odd_but_as_name
    from utterances
    inner join spoken_aliases
        on contains(utterances.spoken_words, spoken_aliases.spoken_alias)
        or contains(utterances.spoken_words, spoken_aliases.spoken_genitive)

),

-- A rival beside a name misheard in two words is no sign: one of these may be the rival's own ("Domura Pay next").
spoken_cues as (

    select
        spoken_aliases.competitor_name,
        spoken_aliases.alias,
        cue_phrases.weight,
        {{ words("replace(cue_phrases.phrase, '{alias}', spoken_aliases.alias)") }} as spoken_cue
    from spoken_aliases
    inner join cue_phrases
        on not coalesce(cue_phrases.not_for = spoken_aliases.reads_as, false)
        and (
            cue_phrases.rival_name is null
            or (
                cue_phrases.rival_name != spoken_aliases.competitor_name
                and spoken_aliases.alias_kind = 'ordinary_words'
            )
        )
    where spoken_aliases.alias_kind in ('ordinary_words', 'misheard_words')

),

-- An alias that is also ordinary words needs a sign: written as a name, or words around it that go with a competitor.
-- A lease ledger without an article, or anything else that speaks of one, is odd but as a name.
signs as (

    select
        heard.utterance_key,
        heard.competitor_name,
        heard.alias,
        sum(spoken_cues.weight) as cue_weight,
        min(spoken_cues.weight) < 0 as is_doubted
    from heard
    inner join spoken_cues
        on spoken_cues.competitor_name = heard.competitor_name
        and spoken_cues.alias = heard.alias
        and contains(heard.spoken_words, spoken_cues.spoken_cue)
    group by heard.utterance_key, heard.competitor_name, heard.alias

),

sure as (

    select
        heard.*,
        (
            coalesce(signs.cue_weight, 0)
            + iff(heard.is_written_as_name, iff(heard.alias_kind = 'misheard_words', 2, 1), 0)
            + iff(heard.is_odd_but_as_name and not coalesce(signs.is_doubted, false), 1, 0)
        ) as sign_weight,
        case
            when heard.alias_kind = 'name' then 1.0
            when heard.alias_kind = 'misspelling' then 0.9
            when heard.alias_kind = 'misheard' then 0.8
            when heard.alias_kind = 'misheard_words' then iff(sign_weight >= 2, 0.7, null)
            when sign_weight >= 2 then 0.9
            when sign_weight = 1 then 0.7
        end::number(3, 2) as confidence
    from heard
    left join signs
        on signs.utterance_key = heard.utterance_key
        and signs.competitor_name = heard.competitor_name
        and signs.alias = heard.alias

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
