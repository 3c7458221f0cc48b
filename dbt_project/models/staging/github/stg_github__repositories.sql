with

records as (

    select
        *,
        {{ record_at('repository') }} as repository
    from {{ ref('base_records') }}
    where source = 'github' and stream = 'repository'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as repository_id,
        repository:full_name::varchar as repository_name,
        repository:default_branch::varchar as default_branch,
        repository:language::varchar as language,
        coalesce(try_to_boolean(repository:private::varchar), false) as is_private,
        coalesce(try_to_boolean(repository:archived::varchar), false) as is_archived,
        {{ utc('repository:created_at') }} as created_at,
        {{ utc('repository:pushed_at') }} as pushed_at,
        {{ record_times() }}
    from records

)

select * from typed
