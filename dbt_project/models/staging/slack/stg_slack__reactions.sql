with

records as (

    select * from {{ ref('base_records') }}
    where source = 'slack' and stream = 'reaction'

),

typed as (

    select
        record_id,
        connection_id,
        payload:event:item:channel::varchar as channel_id,
        payload:event:item:ts::varchar as message_ts,
        payload:event:user::varchar as user_id,
        payload:event:reaction::varchar as reaction,
        payload:event:type::varchar = 'reaction_added' as is_added,
        {{ unix_time('payload:event:event_ts') }} as reacted_at,
        {{ record_times() }}
    from records

)

select * from typed
