with

nodes as (

    select * from {{ ref('int_identity__nodes') }}

),

edges as (

    select * from {{ ref('int_identity__edges') }}
    where not is_never_link

),

{{ connected_components('nodes', 'edges') }}

select * from labelled
