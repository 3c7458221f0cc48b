{#-
  The changes in a CTE of observations, to put after it as further CTEs: the last one is `changes`.

  An observation says that a property of a record had a value at an instant: told by a partial update, or read in a
  whole record. Only what differs from the observation before is a change, so a value read ten times is one row, and
  the same observations in any order are the same changes. Several at one instant: the one received last counts.
  observations is a CTE of selects made by `observed`.
-#}
{% macro changes_of(observations) -%}
one_per_instant as (

    select * from {{ observations }}
    where observed_at is not null
    qualify row_number() over (
        partition by record_id, property_name, observed_at
        order by received_at desc, event_id desc, evidence asc
    ) = 1

),

compared as (

    select
        *,
        lag(property_value) over (partition by record_id, property_name order by observed_at) as previous_value,
        row_number() over (partition by record_id, property_name order by observed_at) as observation_number,
        max(landed_at) over (partition by record_id) as record_landed_at
    from one_per_instant

),

changes as (

    select
        md5(record_id || '|' || property_name || '|' || observed_at::varchar) as change_id,
        record_id,
        source,
        connection_id,
        stream,
        entity_id,
        event_id,
        property_name,
        property_value,
        previous_value,
        evidence,
        lead(observed_at) over (partition by record_id, property_name order by observed_at) is null as is_current,
        observation_number = 1 as is_first,
        observed_at as changed_at,
        lead(observed_at) over (partition by record_id, property_name order by observed_at) as replaced_at,
        record_landed_at as landed_at
    from compared
    where observation_number = 1 or property_value is distinct from previous_value

)
{%- endmacro %}


{#-
  One origin of observations: a select from the CTE `events`, to be followed by its joins and its where. The arguments
  are SQL; evidence names the origin. Unless told otherwise, what a version says was so at the vendor's clock, and where
  the vendor gives none, when we heard of it.
-#}
{% macro observed(
    property_name, property_value, evidence, at='coalesce(events.source_updated_at, events.received_at)'
) -%}
    select
        events.record_id,
        events.source,
        events.connection_id,
        events.stream,
        events.entity_id,
        {{ property_name }} as property_name,
        {{ property_value }} as property_value,
        {{ evidence }} as evidence,
        {{ at }} as observed_at,
        events.received_at,
        events.event_id,
        events.landed_at
    from events
{%- endmacro %}


{#- A history told as staging tells it: a select from the CTE `changes`, whose record's id is record_name there. -#}
{% macro told_changes(record_name) -%}
    select
        change_id,
        record_id,
        connection_id,
        entity_id as {{ record_name }},
        property_name,
        previous_value as old_value,
        property_value as new_value,
        evidence,
        is_first,
        is_current,
        changed_at,
        replaced_at
    from changes
{%- endmacro %}
