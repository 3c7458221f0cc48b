with

decisions as (

    select * from {{ ref('stg_sophia__decisions') }}
    where not is_deleted

),

versions as (

    select
        record_id,
        max(version_number) as version_count,
        max(valid_from) as last_edited_at
    from {{ ref('base_sophia__decision_versions') }}
    group by record_id

),

chosen as (

    select
        decisions.record_id,
        max(alternative.value:name::varchar) as chosen_alternative,
        count(*) as alternative_count
    from decisions
    inner join lateral flatten(input => decisions.alternatives) as alternative
    where alternative.value:is_chosen::varchar = 'true'
    group by decisions.record_id

),

told as (

    select
        decisions.decision_id,
        case
            when decisions.superseded_by_id is not null then 'superseded'
            when decisions.reversed_at is not null then 'reversed'
            when decisions.review_on <= {{ business_date(as_of()) }} then 'review_due'
            else 'in_force'
        end::varchar as status,
        decisions.title,
        decisions.context,
        decisions.rationale,
        -- More than one that claims to be chosen is none.
        iff(chosen.alternative_count = 1, chosen.chosen_alternative, null)::varchar as chosen_alternative,
        decisions.owner_email,
        decisions.recorded_by_email,
        decisions.superseded_by_id,
        decisions.reversal_reason,
        decisions.outcome_kpi,
        decisions.expected_direction,
        decisions.window_days::number(9, 0) as window_days,
        versions.version_count::number(9, 0) as version_count,
        {{ business_date('decisions.decided_at') }} as decided_on,
        decisions.review_on,
        decisions.decided_at,
        decisions.first_received_at as first_recorded_at,
        versions.last_edited_at,
        decisions.reversed_at
    from decisions
    inner join versions on versions.record_id = decisions.record_id
    left join chosen on chosen.record_id = decisions.record_id

)

select * from told
