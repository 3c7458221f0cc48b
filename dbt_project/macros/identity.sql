{#- The host of a site as people enter it: no scheme, www., port, path or last dot; NULL where nothing is left. -#}
{% macro host_of(text) -%}
    nullif(
        regexp_replace(
            regexp_replace(
                regexp_replace(lower(trim({{ text }})), '^[a-z]+://', ''),
                '[/?#:].*$',
                ''
            ),
            '^www[0-9]?[.]|[.]+$',
            ''
        ),
        ''
    )
{%- endmacro %}


{#- An account's name for comparison: words in lower case, no legal form at the end; NULL where nothing is left. -#}
{% macro name_key(text) -%}
    nullif(
        trim(
            regexp_replace(
                {{ words(text) }},
                '( (llc|l l c|inc|incorporated|lp|llp|ltd|limited|corp|corporation|co|company|plc|gmbh))+ $',
                ''
            )
        ),
        ''
    )
{%- endmacro %}


{#- The node of an e-mail address. Hashed, so that ids and evidence tell no address. -#}
{% macro email_node(email) -%}
    ('email:' || md5({{ email }}))
{%- endmacro %}


{#-
  CTEs that label every node with the smallest node id of its connected component; the last one is `labelled` (node_id,
  component_id). nodes is a CTE with node_id; edges one with node_a and node_b, in either direction.

  A round takes the smallest label among the neighbours (hooked), pushes it onto the node of the old label (pushed),
  and follows the pointer twice (jumped, settled). Eight rounds solved a shuffled chain of 300 nodes with two to spare;
  a test of the model that uses this fails when an edge still joins two labels. Snowflake has no recursion that stops at
  a fixed point.
-#}
{% macro connected_components(nodes, edges, rounds=8) -%}
both_ways as (

    select
        node_a as node_id,
        node_b as neighbour_id
    from {{ edges }}

    union

    select
        node_b as node_id,
        node_a as neighbour_id
    from {{ edges }}

),

settled_0 as (

    select
        node_id,
        node_id as label
    from {{ nodes }}

),
{% for number in range(1, rounds + 1) %}
{%- set before = 'settled_' ~ (number - 1) %}
hooked_{{ number }} as (

    select
        held.node_id,
        held.label as old_label,
        least(held.label, coalesce(min(neighbours.label), held.label)) as label
    from {{ before }} as held
    left join both_ways on both_ways.node_id = held.node_id
    left join {{ before }} as neighbours on neighbours.node_id = both_ways.neighbour_id
    group by held.node_id, held.label

),

pushed_{{ number }} as (

    select
        old_label as node_id,
        min(label) as label
    from hooked_{{ number }}
    group by old_label

),

jumped_{{ number }} as (

    select
        hooked.node_id,
        least(hooked.label, coalesce(pushed.label, hooked.label)) as label
    from hooked_{{ number }} as hooked
    left join pushed_{{ number }} as pushed on pushed.node_id = hooked.label

),

settled_{{ number }} as (

    select
        jumped.node_id,
        least(jumped.label, coalesce(pointed.label, jumped.label)) as label
    from jumped_{{ number }} as jumped
    left join jumped_{{ number }} as pointed on pointed.node_id = jumped.label

),
{% endfor %}
labelled as (

    select
        node_id,
        label as component_id
    from settled_{{ rounds }}

)
{%- endmacro %}


{#-
  CTE `keyed`: the keys minted in this run, of components that hold the anchor of no earlier key. members is a CTE of
  records (node_id, component_id, first_seen_at); the anchor is the one seen first. A key once minted stays.
-#}
{% macro minted_keys(members) -%}
held as (

    {% if is_incremental() -%}
    select anchor_node_id
    from {{ this }}
    {%- else -%}
    select cast(null as varchar) as anchor_node_id
    where false
    {%- endif %}

),

keyed_components as (

    select distinct {{ members }}.component_id
    from {{ members }}
    inner join held on held.anchor_node_id = {{ members }}.node_id

),

keyed as (

    select
        md5({{ members }}.node_id) as identity_key,
        {{ members }}.node_id as anchor_node_id,
        {{ members }}.first_seen_at,
        {{ as_of() }} as minted_at
    from {{ members }}
    left join keyed_components on keyed_components.component_id = {{ members }}.component_id
    where keyed_components.component_id is null
    qualify row_number() over (
        partition by {{ members }}.component_id
        order by {{ members }}.first_seen_at, {{ members }}.node_id
    ) = 1

)
{%- endmacro %}


{#- CTE `surviving`: the key of each component, the oldest of those whose anchors it holds. -#}
{% macro surviving_keys(keys, components) -%}
surviving as (

    select
        {{ components }}.component_id,
        {{ keys }}.identity_key,
        {{ keys }}.anchor_node_id
    from {{ keys }}
    inner join {{ components }} on {{ components }}.node_id = {{ keys }}.anchor_node_id
    qualify row_number() over (
        partition by {{ components }}.component_id
        order by {{ keys }}.minted_at, {{ keys }}.first_seen_at, {{ keys }}.anchor_node_id
    ) = 1

)
{%- endmacro %}
