{#-
  The model whose scores are current. Raise the version with any change of the lexicon or of the rules below: every
  utterance is then scored again, and the older scores stay beside the new ones.
-#}
{% macro sentiment_model() -%}
    'lexicon-1'
{%- endmacro %}


{#-
  CTEs that score texts by seed sentiment_lexicon; the last is `scored`: text_key, sentiment from -1 to 1, 0 where no
  word carries feeling. `relation` is a CTE or model, `key` and `text` are its columns; the lexicon is a CTE `lexicon`.

  The longest term wins where several overlap. A negation up to three words before a term, in the same clause, turns it
  round and weakens it ("not bad" is mild praise); two cancel out. A degree up to two words before it multiplies it.
  What follows "but" weighs more than what it follows.
-#}
{% macro lexicon_scores(relation, key, text) -%}
texts as (

    select
        {{ key }} as text_key,
        {{ text }} as spoken_text
    from {{ relation }}

),

-- Apostrophes go, so that "don't" is one word; what ends a clause becomes a word of its own.
plain_texts as (

    select
        text_key,
        trim(regexp_replace(
            regexp_replace(replace(replace(lower(spoken_text), '''', ''), '’', ''), '[,.;:!?()]+', ' | '),
            '[^a-z0-9|]+',
            ' '
        )) as plain_text
    from texts

),

spoken_words as (

    select
        plain_texts.text_key,
        spoken_word.index as word_number,
        spoken_word.value::varchar as word_1
    from plain_texts
    inner join lateral flatten(input => split(plain_texts.plain_text, ' ')) as spoken_word

),

placed_words as (

    select
        *,
        lead(word_1, 1) over (partition by text_key order by word_number) as word_2,
        lead(word_1, 2) over (partition by text_key order by word_number) as word_3,
        sum(iff(word_1 in ('|', 'but', 'however'), 1, 0)) over (
            partition by text_key
            order by word_number
            rows between unbounded preceding and current row
        ) as clause_number,
        max(iff(word_1 in ('but', 'however'), word_number, null)) over (partition by text_key) as turn_number
    from spoken_words

),

possible_terms as (

    select
        text_key,
        word_number,
        clause_number,
        turn_number,
        1 as word_count,
        word_1 as term
    from placed_words

    union all

    select
        text_key,
        word_number,
        clause_number,
        turn_number,
        2 as word_count,
        word_1 || ' ' || word_2 as term
    from placed_words

    union all

    select
        text_key,
        word_number,
        clause_number,
        turn_number,
        3 as word_count,
        word_1 || ' ' || word_2 || ' ' || word_3 as term
    from placed_words

),

heard_terms as (

    select
        possible_terms.text_key,
        possible_terms.word_number,
        possible_terms.clause_number,
        possible_terms.turn_number,
        lexicon.kind,
        lexicon.weight
    from possible_terms
    inner join lexicon on lexicon.term = possible_terms.term
    -- Not within a longer term that began before, or at the same word.
    qualify coalesce(max(possible_terms.word_number + possible_terms.word_count) over (
        partition by possible_terms.text_key
        order by possible_terms.word_number, possible_terms.word_count desc
        rows between unbounded preceding and 1 preceding
    ), 0) <= possible_terms.word_number

),

weighed_terms as (

    select
        feelings.text_key,
        feelings.word_number,
        feelings.weight
            * iff(mod(count_if(modifiers.kind = 'negation'), 2) = 1, -0.7, 1)
            * coalesce(max(iff(
                modifiers.kind = 'degree' and modifiers.word_number >= feelings.word_number - 2, modifiers.weight, null
            )), 1)
            * case
                when feelings.turn_number is null then 1
                when feelings.word_number > feelings.turn_number then 1.5
                else 0.5
            end as weight
    from heard_terms as feelings
    left join heard_terms as modifiers
        on modifiers.text_key = feelings.text_key
        and modifiers.clause_number = feelings.clause_number
        and modifiers.word_number between feelings.word_number - 3 and feelings.word_number - 1
        and modifiers.kind != 'feeling'
    where feelings.kind = 'feeling'
    group by feelings.text_key, feelings.word_number, feelings.turn_number, feelings.weight

),

summed_feelings as (

    select
        text_key,
        sum(weight)::float as feeling
    from weighed_terms
    group by text_key

),

-- One plain word of praise is about 0.6; more of them come nearer to 1.
scored as (

    select
        texts.text_key,
        iff(
            texts.spoken_text is null,
            null,
            coalesce(summed_feelings.feeling / sqrt(summed_feelings.feeling * summed_feelings.feeling + 4), 0)
        )::number(5, 4) as sentiment
    from texts
    left join summed_feelings on summed_feelings.text_key = texts.text_key

)
{%- endmacro %}


{#-
  Whether an utterance needs a score of the current model in this run: it landed since the last one, or the model is new
  and nothing has a score of it.
-#}
{% macro is_to_be_scored() -%}
    {%- if is_incremental() -%}
    (
            landed_at >= (
                select dateadd(minute, -{{ var('overlap_minutes') }}, max(landed_at))
                from {{ this }}
                where model_version = {{ sentiment_model() }}
            )
            or not exists (
                select 1
                from {{ this }}
                where model_version = {{ sentiment_model() }}
            )
        )
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}
