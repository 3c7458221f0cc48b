with

aliases as (

    select * from {{ ref('competitors') }}

),

competitors as (

    select
        competitor_name::varchar as competitor_name,
        array_agg(alias) within group (order by alias)::array as aliases,
        count(*)::number(9, 0) as alias_count
    from aliases
    group by competitor_name

)

select * from competitors
