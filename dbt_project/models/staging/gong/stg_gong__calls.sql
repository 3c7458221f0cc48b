with

records as (

    select
        *,
        {{ record_at('callData') }} as call
    from {{ ref('base_records') }}
    where source = 'gong' and stream = 'call'

),

calls as (

    select
        *,
        -- The short listing and one published webhook sample put the metadata at the top level.
        coalesce(call:metaData, call) as metadata
    from records

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as call_id,
        metadata:primaryUserId::varchar as primary_user_id,
        metadata:workspaceId::varchar as workspace_id,
        metadata:title::varchar as title,
        metadata:url::varchar as call_url,
        lower(metadata:direction::varchar) as direction,
        lower(metadata:scope::varchar) as scope,
        lower(metadata:system::varchar) as telephony_system,
        lower(metadata:language::varchar) as language,
        lower(call:content:callOutcome:category::varchar) as outcome_category,
        call:content:brief::varchar as brief,
        call:parties as parties,
        call:context as crm_context,
        try_to_number(metadata:duration::varchar) as duration_s,
        coalesce(try_to_boolean(metadata:isPrivate::varchar), false) as is_private,
        {{ utc('metadata:scheduled') }} as scheduled_at,
        {{ utc('metadata:started') }} as started_at,
        {{ record_times() }}
    from calls

)

select * from typed
