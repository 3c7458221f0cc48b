-- Ties that hold and yet join two components: the rounds of connected_components were too few.
with

candidates as (

    select * from {{ ref('int_identity__candidate_components') }}

),

found as (

    select edges.*
    from {{ ref('int_identity__edges') }} as edges
    inner join candidates as left_ends on left_ends.node_id = edges.node_a
    inner join candidates as right_ends on right_ends.node_id = edges.node_b
    where not edges.is_never_link and left_ends.component_id != right_ends.component_id

)

select * from found
