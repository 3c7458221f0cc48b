with

components as (

    select * from {{ ref('int_identity__person_components') }}
    where not is_business

),

counted as (

    select
        first_source as source,
        count(*) as person_count,
        sum(record_count)::number(18, 0) as record_count
    from components
    group by first_source

)

select * from counted
