with

records as (

    select
        *,
        {{ record_at('data') }} as cycle
    from {{ ref('base_records') }}
    where source = 'linear' and stream = 'cycle'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as cycle_id,
        coalesce(cycle:team:id::varchar, cycle:teamId::varchar) as team_id,
        cycle:name::varchar as cycle_name,
        try_to_double(cycle:number::varchar)::int as cycle_number,
        try_to_double(cycle:progress::varchar) as progress,
        {{ utc('cycle:startsAt') }} as starts_at,
        {{ utc('cycle:endsAt') }} as ends_at,
        {{ utc('cycle:completedAt') }} as completed_at,
        {{ record_times() }}
    from records

)

select * from typed
