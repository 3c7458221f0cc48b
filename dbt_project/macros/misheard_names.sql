{#-
  CTEs of what speakers and transcripts make of the names of competitors; the last is `misheard_names`: competitor_name,
  alias, alias_kind, reads_as. `utterances` is a CTE with spoken_words as macro words makes them, `names` has the columns
  of seed competitors, and nothing it lists is misheard.

  alias_kind is misheard, or misheard_words for two words that may as well be others and need a sign.
-#}
{% macro misheard_names(utterances, names) -%}
spoken as (

    select
        spoken_word.value::varchar as word,
        split_part(trim({{ utterances }}.spoken_words), ' ', spoken_word.index + 2) as next_word
    from {{ utterances }}
    inner join lateral flatten(input => split(trim({{ utterances }}.spoken_words), ' ')) as spoken_word

),

-- What could be a name of one word: a word, or two that a transcript made of it.
vocabulary as (

    select distinct
        word as said,
        word as written_together,
        false as is_split
    from spoken

    union all

    select distinct
        word || ' ' || next_word as said,
        word || next_word as written_together,
        true as is_split
    from spoken
    where next_word != ''

),

-- How many letters differ, of what begins alike: what people and transcripts get wrong is rarely the first letter, and
-- what differs there is usually another word. An s at the end may be of the genitive. Vowels are misheard first.
lookalikes as (

    select
        names.competitor_name,
        vocabulary.said as alias,
        vocabulary.is_split,
        names.reads_as,
        least(
            editdistance(vocabulary.written_together, lower(names.alias)),
            editdistance(regexp_replace(vocabulary.written_together, 's$', ''), lower(names.alias))
        ) as letters_off,
        iff(length(names.alias) >= 10, 2, 1) as most_letters_off,
        {{ consonants('vocabulary.written_together') }} = {{ consonants('names.alias') }} as sounds_alike
    from vocabulary
    inner join {{ names }} as names
        on left(vocabulary.said, 1) = left(lower(names.alias), 1)
        and length(vocabulary.written_together) - length(names.alias) between -2 and 3
    left join {{ names }} as listed
        on vocabulary.said in (lower(listed.alias), lower(listed.alias) || 's')
        and (listed.alias_kind != 'name' or vocabulary.said = lower(listed.alias))
    where
        names.alias_kind = 'name'
        and length(vocabulary.written_together) >= 6
        and not contains(names.alias, ' ')
        and listed.alias is null

),

-- A word that looks like a name is one, and so is a name in two pieces. Two words that only look like its pieces may
-- be two other words, and need more of a sign than the very words of the name.
misheard_names as (

    select
        competitor_name,
        alias,
        iff(is_split and letters_off > 0, 'misheard_words', 'misheard') as alias_kind,
        reads_as
    from lookalikes
    where letters_off <= iff(sounds_alike, 2, most_letters_off)

)
{%- endmacro %}


{#- A word without its vowels, what is spoken like none, and an s at the end. -#}
{% macro consonants(word) -%}
    regexp_replace(lower({{ word }}), '[aeiouhwy]|s$', '')
{%- endmacro %}
