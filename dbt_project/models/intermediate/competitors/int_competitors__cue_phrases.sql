{{ config(materialized='view') }}

with

cues as (

    select * from {{ ref('competitor_cues') }}

),

-- Two phrases of ordinary words side by side may be what they say.
sure_names as (

    select * from {{ ref('competitors') }}
    where alias_kind != 'ordinary_words'

),

-- A genitive may go unsaid, and transcripts lose its apostrophe.
genitives as (

    select distinct
        spoken.value::varchar as phrase,
        cues.weight,
        cues.not_for
    from cues
    inner join lateral flatten(
        input => array_construct(
            cues.phrase, replace(cues.phrase, '''s', ''), replace(cues.phrase, '''s', 's')
        )
    ) as spoken

),

-- Next to another competitor an alias is one of a list.
with_rivals as (

    select
        replace(genitives.phrase, '{rival}', sure_names.alias) as phrase,
        genitives.weight,
        genitives.not_for,
        sure_names.competitor_name as rival_name
    from genitives
    inner join sure_names on contains(genitives.phrase, '{rival}')

),

told as (

    select
        phrase,
        weight,
        not_for,
        null as rival_name
    from genitives
    where not contains(phrase, '{rival}')

    union all

    select
        phrase,
        weight,
        not_for,
        rival_name
    from with_rivals

),

keyed as (

    select
        md5(phrase || '|' || coalesce(rival_name, '')) as cue_id,
        *
    from told

)

select * from keyed
