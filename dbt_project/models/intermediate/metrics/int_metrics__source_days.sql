with

records as (

    select * from {{ ref('base_records') }}

),

ledger as (

    select
        source,
        min(checked_through) as checked_through
    from {{ ref('completeness_ledger') }}
    group by source

),

days as (

    select
        date_key,
        day_ends_at
    from {{ ref('dim_date') }}
    where date_key <= {{ business_date(as_of()) }}

),

-- In quarters of an hour first, of which every time zone has whole ones: there are few of them, however many records.
quarters as (

    select
        source,
        {{ quarter_of('first_received_at') }} as first_quarter_at,
        {{ quarter_of('last_received_at') }} as last_quarter_at,
        count(*) as records_n
    from records
    group by source, {{ quarter_of('first_received_at') }}, {{ quarter_of('last_received_at') }}

),

receipts as (

    select
        source,
        first_quarter_at as quarter_at,
        records_n as records_received
    from quarters

    union all

    select
        source,
        last_quarter_at as quarter_at,
        0 as records_received
    from quarters

),

heard as (

    select
        source,
        {{ business_date('quarter_at') }} as date_key,
        count(distinct date_trunc('hour', quarter_at)) as hours_heard,
        sum(records_received) as records_received
    from receipts
    group by source, {{ business_date('quarter_at') }}

),

sources as (

    select
        source,
        min(date_key) as first_date
    from heard
    group by source

),

-- A silent day has a row as well.
every_day as (

    select
        sources.source,
        days.date_key,
        days.day_ends_at,
        coalesce(heard.hours_heard, 0) as hours_heard,
        coalesce(heard.records_received, 0) as records_received
    from sources
    inner join days on days.date_key >= sources.first_date
    left join heard on heard.source = sources.source and heard.date_key = days.date_key

),

usual as (

    select
        every_day.source,
        every_day.date_key,
        median(earlier.hours_heard) as usual_hours
    from every_day
    inner join every_day as earlier
        on earlier.source = every_day.source
        and earlier.date_key between dateadd(day, -28, every_day.date_key) and dateadd(day, -7, every_day.date_key)
        and mod(datediff(day, earlier.date_key, every_day.date_key), 7) = 0
    group by every_day.source, every_day.date_key
    having count(*) >= 3

),

-- Where a source is reconciled, the ledger knows up to when all is here. Elsewhere half the usual hours without a word
-- is an outage until shown otherwise.
judged as (

    select
        md5(every_day.source || '|' || every_day.date_key::varchar) as source_day_key,
        every_day.source,
        every_day.date_key,
        every_day.records_received::number(18, 0) as records_received,
        every_day.hours_heard::number(9, 0) as hours_heard,
        usual.usual_hours::number(9, 1) as usual_hours,
        ledger.checked_through is not null as is_reconciled,
        coalesce(
            ledger.checked_through < every_day.day_ends_at,
            usual.usual_hours > 0 and every_day.hours_heard <= 0.5 * usual.usual_hours,
            false
        ) as is_stale,
        ledger.checked_through
    from every_day
    left join usual on usual.source = every_day.source and usual.date_key = every_day.date_key
    left join ledger on ledger.source = every_day.source

)

select * from judged
