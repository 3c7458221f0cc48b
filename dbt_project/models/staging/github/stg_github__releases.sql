with

records as (

    select
        *,
        {{ record_at('release') }} as release_record
    from {{ ref('base_records') }}
    where source = 'github' and stream = 'release'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as release_id,
        {{ repository_in('release_record:url') }} as repository_name,
        release_record:tag_name::varchar as tag_name,
        release_record:name::varchar as release_name,
        coalesce(try_to_boolean(release_record:draft::varchar), false) as is_draft,
        coalesce(try_to_boolean(release_record:prerelease::varchar), false) as is_prerelease,
        {{ utc('release_record:created_at') }} as created_at,
        {{ utc('release_record:published_at') }} as published_at,
        {{ record_times() }}
    from records

)

select * from typed
