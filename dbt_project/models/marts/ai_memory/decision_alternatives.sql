with

decisions as (

    select * from {{ ref('stg_sophia__decisions') }}
    where not is_deleted

),

told as (

    select
        md5(decisions.record_id || '|' || alternative.index::varchar) as alternative_key,
        decisions.decision_id,
        (alternative.index + 1)::number(9, 0) as position_in_list,
        alternative.value:name::varchar as alternative_name,
        alternative.value:summary::varchar as summary,
        coalesce(alternative.value:is_chosen::varchar = 'true', false) as is_chosen,
        alternative.value:rejected_because::varchar as rejected_because
    from decisions
    inner join lateral flatten(input => decisions.alternatives) as alternative

)

select * from told
