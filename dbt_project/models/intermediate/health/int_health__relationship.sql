with

customers as (

    select * from {{ ref('int_health__customers') }}

),

domains as (

    select * from {{ ref('int_health__domains') }}

),

signals as (

    select * from {{ ref('stg_usergems__job_changes') }}
    where not is_deleted

),

-- From its first signal on, UserGems watches every account: then no departure means nobody left.
feed as (

    select min(detected_at) as connected_at from signals

),

-- The same person leaves an account once, however often it is told.
departures as (

    select
        domains.account_key,
        coalesce(signals.our_reference, signals.email, signals.signal_id) as person_key,
        min(signals.detected_at) as detected_at
    from signals
    inner join domains on domains.domain = signals.previous_company_domain
    where
        signals.is_move
        and (
            signals.relationship_type = 'champion'
            or regexp_like(lower(signals.previous_job_title), '.*(chief|ceo|cfo|coo|president|owner).*')
        )
    group by
        domains.account_key,
        coalesce(signals.our_reference, signals.email, signals.signal_id)

),

-- Each departure costs 50, half as much after 60 days, nothing after 120.
felt as (

    select
        customers.customer_day_key,
        count(*) as departure_n,
        sum(
            50 * power(0.5, datediff(second, departures.detected_at, customers.known_until) / 86400 / 60)
        )::number(12, 6) as penalty
    from customers
    inner join departures
        on departures.account_key = customers.account_key
        and departures.detected_at <= customers.known_until
        and departures.detected_at > dateadd(day, -120, customers.known_until)
    group by customers.customer_day_key

),

relationship as (

    select
        customers.customer_day_key,
        customers.account_key,
        customers.date_key,
        coalesce(felt.departure_n, 0) as departure_n,
        iff(
            feed.connected_at <= customers.known_until, greatest(100 - coalesce(felt.penalty, 0), 0), null
        )::number(5, 2) as relationship_score
    from customers
    cross join feed
    left join felt on felt.customer_day_key = customers.customer_day_key

)

select * from relationship
