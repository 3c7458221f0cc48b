with

records as (

    select * from {{ ref('base_records') }}
    where source = 'salesforce' and stream in ('task', 'event')

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as activity_id,
        payload:AccountId::varchar as account_id,
        payload:OwnerId::varchar as owner_id,
        payload:WhatId::varchar as related_to_id,
        payload:WhoId::varchar as person_id,
        stream as activity_type,
        payload:Subject::varchar as subject,
        nullif(trim(payload:Description::varchar), '') as description,
        payload:Status::varchar as status,
        lower(payload:TaskSubtype::varchar) as task_subtype,
        try_to_number(payload:CallDurationInSeconds::varchar) as call_duration_s,
        -- An event is over when its time is; a task when somebody says so.
        stream = 'task' and coalesce(payload:IsClosed::varchar = 'true', false) as is_completed,
        try_to_date(payload:ActivityDate::varchar) as due_on,
        {{ salesforce_time('payload:StartDateTime') }} as started_at,
        {{ salesforce_time('payload:EndDateTime') }} as ended_at,
        {{ salesforce_time('payload:CreatedDate') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
