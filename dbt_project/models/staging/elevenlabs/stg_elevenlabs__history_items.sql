with

records as (

    select * from {{ ref('base_records') }}
    where source = 'elevenlabs' and stream = 'history_item'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as history_item_id,
        payload:request_id::varchar as request_id,
        payload:voice_id::varchar as voice_id,
        payload:model_id::varchar as model_id,
        payload:source::varchar as made_by,
        payload:text::varchar as spoken_text,
        (
            try_to_number(payload:character_count_change_to::varchar)
            - try_to_number(payload:character_count_change_from::varchar)
        ) as character_count,
        {{ unix_time('payload:date_unix') }} as generated_at,
        {{ record_times() }}
    from records

)

select * from typed
