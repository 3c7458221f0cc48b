-- Pairs that somebody decided are two accounts, and which yet are one, however long the way between them.
with

components as (

    select * from {{ ref('int_identity__components') }}

),

found as (

    select overrides.*
    from {{ ref('identity_overrides') }} as overrides
    inner join components as left_ends on left_ends.node_id = overrides.left_node
    inner join components as right_ends on right_ends.node_id = overrides.right_node
    where overrides.decision = 'never_link' and left_ends.component_id = right_ends.component_id

)

select * from found
