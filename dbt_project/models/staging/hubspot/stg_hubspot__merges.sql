with

told as (

    select
        changes.connection_id,
        changes.stream as object_type,
        changes.entity_id as winner_id,
        merged.value::varchar as loser_id,
        changes.changed_at as merged_at
    from {{ ref('base_hubspot__property_changes') }} as changes
    inner join lateral flatten(input => split(changes.property_value, ';')) as merged
    where
        changes.property_name in ('hs_merged_object_ids', 'hs_calculated_merged_vids')
        and changes.property_value is not null

),

-- hs_calculated_merged_vids lists `id:milliseconds`, itself included; hs_merged_object_ids the other ids alone.
named as (

    select
        connection_id,
        object_type,
        winner_id,
        split_part(loser_id, ':', 1) as loser_id,
        min(merged_at) as merged_at
    from told
    where split_part(loser_id, ':', 1) != winner_id
    group by 1, 2, 3, 4

),

-- A winner may lose later; the last merge of a loser is where it is now. Two hops more are followed.
last_merges as (

    select * from named
    qualify row_number() over (
        partition by connection_id, object_type, loser_id
        order by merged_at desc, winner_id desc
    ) = 1

),

typed as (

    select
        md5(
            'hubspot|' || first_hop.connection_id || '|' || first_hop.object_type || '|' || first_hop.loser_id
        ) as loser_record_id,
        first_hop.connection_id,
        first_hop.object_type,
        first_hop.loser_id,
        coalesce(third_hop.winner_id, second_hop.winner_id, first_hop.winner_id) as winner_id,
        first_hop.merged_at
    from last_merges as first_hop
    left join last_merges as second_hop
        on second_hop.connection_id = first_hop.connection_id
        and second_hop.object_type = first_hop.object_type
        and second_hop.loser_id = first_hop.winner_id
    left join last_merges as third_hop
        on third_hop.connection_id = second_hop.connection_id
        and third_hop.object_type = second_hop.object_type
        and third_hop.loser_id = second_hop.winner_id

)

select * from typed
