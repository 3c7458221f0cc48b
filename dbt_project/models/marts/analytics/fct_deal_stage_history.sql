with

intervals as (

    select * from {{ ref('int_deals__stage_intervals') }}

),

reopens as (

    select * from {{ ref('int_deals__reopens') }}

),

-- Intervals also end where an amount or a date changed; a stay in a stage runs on through those.
compared as (

    select
        *,
        row_number() over (partition by deal_key order by valid_from) = 1
        or stage_id is distinct from lag(stage_id) over (partition by deal_key order by valid_from)
        or pipeline_id is distinct from lag(pipeline_id) over (partition by deal_key order by valid_from) as is_entry
    from intervals

),

entered as (

    select
        *,
        sum(iff(is_entry, 1, 0)) over (
            partition by deal_key
            order by valid_from
            rows between unbounded preceding and current row
        ) as stay_number
    from compared

),

stays as (

    select
        deal_key,
        stay_number,
        max(source) as source,
        max(pipeline_id) as pipeline_id,
        max(stage_id) as stage_id,
        max(iff(is_entry, stage_label, null)) as stage_label,
        max(iff(is_entry, canonical_stage, null)) as canonical_stage,
        max(iff(is_entry, amount_usd, null)) as amount_usd,
        boolor_agg(is_open) as is_open,
        boolor_agg(is_won) as is_won,
        boolor_agg(is_lost) as is_lost,
        min(valid_from) as entered_at,
        iff(count_if(valid_to is null) > 0, null, max(valid_to)) as left_at
    from entered
    group by deal_key, stay_number

),

typed as (

    select
        md5(stays.deal_key || '|' || coalesce(stays.stage_id, '') || '|' || stays.entered_at::varchar)
            as stage_stay_key,
        stays.deal_key::varchar as deal_key,
        stays.source::varchar as source,
        stays.pipeline_id::varchar as pipeline_id,
        stays.stage_id::varchar as stage_id,
        stays.stage_label::varchar as stage_label,
        stays.canonical_stage::varchar as canonical_stage,
        stays.stay_number::number(9, 0) as stay_number,
        stays.amount_usd::number(18, 2) as entry_amount_usd,
        (datediff(second, stays.entered_at, coalesce(stays.left_at, {{ as_of() }})) / 86400)::number(18, 2)
            as days_in_stage,
        stays.is_open,
        stays.is_won,
        stays.is_lost,
        reopens.reopen_key is not null as is_reopen,
        stays.entered_at,
        stays.left_at::timestamp_ntz as left_at
    from stays
    left join reopens
        on reopens.deal_key = stays.deal_key
        and reopens.reopened_at = stays.entered_at

)

select * from typed
