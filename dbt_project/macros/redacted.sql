{#-
  Whether anybody asked to be erased, ever or where `since` holds. Most runs need not look for people in what they read.
  The events of a unit test are no table and cannot be asked.
-#}
{% macro erasure_was_asked_for(since='true') -%}
    {%- set is_table = '__dbt__cte__' not in (source('raw_data', 'events') | string | lower) -%}
    {%- if not execute or not is_table -%}{{ return(false) }}{%- endif -%}
    {%- set asked -%}
        select count(*)
        from {{ source('raw_data', 'events') }}
        where source = 'sophia' and stream = 'erasure' and {{ since }}
    {%- endset -%}
    {{ return(run_query(asked).columns[0].values()[0] > 0) }}
{%- endmacro %}


{#- Records that are a person: of an erased one nothing stays but the id. -#}
{% macro person_streams() -%}
    ('apollo/contact', 'asana/user', 'figma/user', 'gong/user', 'hubspot/contact', 'hubspot/owner', 'intercom/admin',
    'intercom/contact', 'linear/user', 'looker/user', 'notion/user', 'phantombuster/result', 'salesforce/contact',
    'salesforce/lead', 'salesforce/user', 'slack/user', 'usergems/signal', 'zendesk/user')
{%- endmacro %}


{#-
  CTEs that take the erased people out of the events of CTE `told`; the last is `redacted`, with the columns of `told`.

  A request names people by hashes only (events/erasure.py), so what could be an address or a name in a payload is
  hashed and compared. A record that is the person loses its payload, in all its versions; anywhere else the address
  becomes erased@ and its domain, so a call still finds its account, and the name becomes `erased`. A redacted event
  counts as landed when the request did: what is built on it builds again. What was linked to an account by the person
  alone (a conversation of a contact, a champion who left) is linked to none afterwards, and customer health with it.
-#}
{% macro redacted_events() -%}
erasures as (

    select
        subject.value::varchar as subject_hash,
        max(requests.landed_at) as asked_at
    from {{ source('raw_data', 'events') }} as requests
    inner join lateral flatten(input => requests.payload:subject_hashes) as subject
    where requests.source = 'sophia' and requests.stream = 'erasure'
    group by subject.value::varchar

),

words as (

    select
        told.record_id,
        told.event_id,
        word.index as word_number,
        regexp_replace(word.value::varchar, '^[._-]+|[._-]+$', '') as word
    from told
    inner join lateral flatten(
        input => split(
            regexp_replace(
                replace(
                    regexp_replace(told.payload::varchar || ' ' || told.entity_id, '\\\\[nrt]', ' '), '\\', ' '
                ),
                '[ \\[\\]{}()<>"\\\\,:;/=!?|&#*%~''’‘“”„]+',
                ' '
            ),
            ' '
        )
    ) as word
    where told.stream != 'erasure'

),

pairs as (

    select
        *,
        lead(word) over (partition by record_id, event_id order by word_number) as next_word,
        regexp_replace(split_part(word, '@', 1), '[._-]+', ' ') as handle
    from words

),

candidates as (

    select
        record_id,
        event_id,
        split_part(word, '@', 1) as address,
        null as name,
        sha2(lower(word)) as subject_hash
    from pairs
    where word like '%_@_%'

    union all

    -- jordan.blake, jordan-blake-4711 and jordan.blake@anywhere are Jordan Blake.
    select
        record_id,
        event_id,
        iff(word like '%_@_%', split_part(word, '@', 1), null) as address,
        iff(word like '%_@_%', null, word) as name,
        sha2(lower(split_part(handle, ' ', 1) || ' ' || split_part(handle, ' ', 2))) as subject_hash
    from pairs
    where handle like '% %'

    union all

    select
        record_id,
        event_id,
        null as address,
        word || '[^A-Za-z0-9]{1,3}' || next_word as name,
        sha2(lower(word || ' ' || next_word)) as subject_hash
    from pairs
    where next_word is not null

),

found as (

    select
        candidates.record_id,
        candidates.event_id,
        nullif(listagg(distinct replace(replace(candidates.address, '.', '[.]'), '+', '[+]'), '|'), '') as addresses,
        nullif(listagg(distinct replace(replace(candidates.name, '.', '[.]'), '+', '[+]'), '|'), '') as names,
        max(erasures.asked_at) as asked_at
    from candidates
    inner join erasures on erasures.subject_hash = candidates.subject_hash
    group by candidates.record_id, candidates.event_id

),

people as (

    select
        told.record_id,
        max(found.asked_at) as asked_at
    from found
    inner join told on told.record_id = found.record_id and told.event_id = found.event_id
    where told.source || '/' || told.stream in {{ person_streams() }}
    group by told.record_id

),

redacted as (

    select
        told.record_id,
        told.event_id,
        told.source,
        told.connection_id,
        told.stream,
        -- A profile's address is its id. The record keeps its key, so nothing about it is told twice.
        iff(
            regexp_replace(told.entity_id, '(' || coalesce(found.names, found.addresses, '^$') || ')', '')
            != told.entity_id,
            'erased/' || told.record_id,
            told.entity_id
        ) as entity_id,
        told.operation,
        told.lane,
        told.source_version,
        case
            when people.record_id is not null
                -- One property stays, so that the history of the others is replaced.
                then parse_json('{"properties": {"erased": "true"}, "propertyName": "erased", "propertyValue": "true"}')
            when found.event_id is not null
                then parse_json(
                    regexp_replace(
                        regexp_replace(
                            told.payload::varchar,
                            '([^A-Za-z0-9._%+-])(' || coalesce(found.addresses, 'nobody') || ')@',
                            '\\1erased@'
                        ),
                        '([^A-Za-z0-9])(' || coalesce(found.names, 'nobody at all') || ')',
                        '\\1erased'
                    )
                )
            else told.payload
        end as payload,
        told.occurred_at,
        told.source_updated_at,
        told.received_at,
        told.first_received_at,
        greatest(told.landed_at, coalesce(people.asked_at, found.asked_at, told.landed_at)) as landed_at
    from told
    left join found on found.record_id = told.record_id and found.event_id = told.event_id
    left join people on people.record_id = told.record_id

)
{%- endmacro %}


{#-
  dbt run-operation redact_raw_events: the same for RAW_DATA.EVENTS itself, the only table where erased people are left.
  Then delete the objects of the lake that the rows name, build with --full-refresh, and wait for Time Travel and
  Fail-safe to pass.
-#}
{% macro redact_raw_events() -%}
    {%- set events = source('raw_data', 'events') -%}
    {%- call statement('redact', fetch_result=false) %}
    update {{ events }} as raw
    set
        payload = redacted.payload,
        entity_id = redacted.entity_id
    from (
        with

        told as (

            select
                *,
                md5(source || '|' || connection_id || '|' || stream || '|' || entity_id) as record_id,
                received_at as first_received_at
            from {{ events }}
            qualify row_number() over (
                partition by source, connection_id, stream, entity_id, event_id
                order by received_at desc
            ) = 1

        ),

        {{ redacted_events() }}

        select redacted.*
        from redacted
        where redacted.record_id in (select record_id from found)
    ) as redacted
    where
        raw.event_id = redacted.event_id
        and md5(raw.source || '|' || raw.connection_id || '|' || raw.stream || '|' || raw.entity_id)
        = redacted.record_id
    {%- endcall %}
{%- endmacro %}
