with

records as (

    select * from {{ ref('base_records') }}
    where source = 'usergems' and stream = 'signal'

),

fields as (

    select
        md5(records.connection_id || '|' || field.key::varchar) as field_key,
        records.connection_id,
        field.key::varchar as field_name,
        count(*) as signal_count,
        min(records.first_received_at) as first_seen_at,
        max(records.first_received_at) as last_seen_at
    from records
    inner join lateral flatten(input => records.payload) as field
    group by records.connection_id, field.key

)

select * from fields
