with

people as (

    select * from {{ ref('int_identity__people') }}

),

typed as (

    select
        person_key::varchar as person_key,
        account_key::varchar as account_key,
        full_name::varchar as full_name,
        email::varchar as email,
        job_title::varchar as job_title,
        record_ids::array as record_ids,
        record_count::number(18, 0) as record_count,
        account_count::number(18, 0) as account_count,
        is_deleted::boolean as is_deleted,
        first_seen_at::timestamp_ntz as first_seen_at
    from people

)

select * from typed
