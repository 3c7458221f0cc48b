with

customers as (

    select * from {{ ref('int_health__customers') }}

),

touches as (

    select * from {{ ref('int_health__touches') }}

),

support as (

    select * from {{ ref('int_health__support') }}

),

seen as (

    select
        customers.customer_day_key,
        max(iff(touches.direction = 'two_way', touches.touched_at, null)) as last_two_way_at,
        count(distinct iff(
            touches.direction = 'inbound'
            and touches.touched_at > dateadd(day, -90, customers.known_until),
            touches.person_key,
            null
        )) as active_person_n
    from customers
    inner join touches
        on touches.account_key = customers.account_key
        and touches.touched_at <= customers.known_until
    group by customers.customer_day_key

),

measured as (

    select
        customers.customer_day_key,
        customers.account_key,
        customers.date_key,
        seen.last_two_way_at,
        (datediff(second, seen.last_two_way_at, customers.known_until) / 86400)::number(9, 4) as silent_days,
        coalesce(seen.active_person_n, 0) as active_person_n,
        -- Somebody we never heard of and who has no way to reach us is not silent but unknown.
        seen.customer_day_key is not null or support.support_score is not null as is_connected
    from customers
    left join seen on seen.customer_day_key = customers.customer_day_key
    left join support on support.customer_day_key = customers.customer_day_key

),

-- 7 days since both sides spoke are 100, 30 are 70, 90 are 0, straight lines between; each person short of three
-- costs 10.
scored as (

    select
        *,
        iff(
            is_connected,
            greatest(
                case
                    when silent_days <= 7 then 100
                    when silent_days <= 30 then 100 - 30 * (silent_days - 7) / 23
                    when silent_days <= 90 then 70 - 70 * (silent_days - 30) / 60
                    else 0
                end
                - 10 * greatest(3 - active_person_n, 0),
                0
            ),
            null
        )::number(5, 2) as engagement_score
    from measured

)

select * from scored
