{{ config(materialized='incremental', incremental_strategy='delete+insert') }}

with

versions as (

    {{ touched_events('linear', ['issue']) }}

),

events as (

    select
        *,
        {{ record_at('data') }} as issue
    from versions
    where operation in ('upsert', 'snapshot')

),

-- A version says how an issue was when it was last updated; before that, only its own stamps tell.
observations as (

    {{ observed("'state_category'", linear_state_category('events.issue:state:type'), "'version'") }}
    where events.issue:state:type::varchar is not null

    union all

    {% for state, stamp in {'started': 'startedAt', 'done': 'completedAt', 'canceled': 'canceledAt'}.items() -%}
    {{ observed("'state_category'", "'" ~ state ~ "'", "'stamp'", at=utc('events.issue:' ~ stamp)) }}

    union all

    {% endfor -%}
    {{ observed("'state_category'", "'todo'", "'stamp'", at=utc('events.issue:createdAt')) }}
    where
        coalesce(
            events.issue:startedAt::varchar, events.issue:completedAt::varchar, events.issue:canceledAt::varchar, '9'
        ) > events.issue:createdAt::varchar

    union all

    {{ observed("'state_name'", 'events.issue:state:name::varchar', "'version'") }}

    union all

    {{ observed(
        "'cycle_id'", 'coalesce(events.issue:cycle:id::varchar, events.issue:cycleId::varchar)', "'version'"
    ) }}

    union all

    -- A webhook also says what its change replaced.
    {{ observed(
        "'cycle_id'",
        'former.value::varchar',
        "'replaced'",
        at='dateadd(millisecond, -1, events.source_updated_at)'
    ) }}
    inner join lateral flatten(input => events.payload:updatedFrom) as former
    where former.key = 'cycleId'

),

{{ changes_of('observations') }}

select * from changes
