with

tasks as (

    select
        record_id,
        connection_id,
        task_id,
        memberships,
        is_deleted
    from {{ ref('stg_asana__tasks') }}

),

typed as (

    select
        md5(tasks.record_id || '|' || (membership.value:project:gid::varchar)) as membership_key,
        tasks.connection_id,
        tasks.task_id,
        membership.value:project:gid::varchar as project_id,
        membership.value:section:gid::varchar as section_id,
        membership.value:section:name::varchar as section_name,
        tasks.is_deleted
    from tasks
    inner join lateral flatten(input => tasks.memberships) as membership

)

select * from typed
