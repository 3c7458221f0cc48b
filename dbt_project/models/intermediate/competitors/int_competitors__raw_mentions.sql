with

utterances as (

    select
        *,
        {{ words('utterance_text') }} as spoken_words
    from {{ ref('int_competitors__utterances') }}
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

-- One mention per record, competitor and utterance, however many of its aliases were said.
mentions as (

    select
        md5(
            source_system || '|' || source_record_id || '|' || competitor_name || '|' || utterance_id
        ) as mention_id,
        source_system,
        source_record_id,
        utterance_id,
        account_id,
        deal_key,
        competitor_name,
        alias as heard_as,
        alias_kind as heard_by,
        utterance_text as mention_context,
        speaker_title,
        confidence,
        is_by_customer,
        {{ business_date('said_at') }} as mentioned_on,
        received_at,
        said_at as detected_at
    from sure
    where confidence is not null
    qualify row_number() over (
        partition by source_system, source_record_id, utterance_id, competitor_name
        order by confidence desc, alias
    ) = 1

)

select * from mentions
