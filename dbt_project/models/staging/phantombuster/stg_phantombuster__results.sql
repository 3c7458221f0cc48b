with

records as (

    select
        *,
        payload:"row" as found
    from {{ ref('base_records') }}
    where source = 'phantombuster' and stream = 'result'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as result_id,
        payload:agentId::varchar as agent_id,
        -- Each phantom names its columns otherwise; these are the names met so far.
        coalesce(
            found:profileUrl::varchar,
            found:linkedinProfileUrl::varchar,
            found:profileURL::varchar,
            found:ProfileURL::varchar
        ) as profile_url,
        coalesce(found:fullName::varchar, found:name::varchar) as full_name,
        coalesce(found:jobTitle::varchar, found:job::varchar, found:headline::varchar) as job_title,
        coalesce(found:companyName::varchar, found:company::varchar) as company_name,
        found:location::varchar as location,
        found:query::varchar as search_query,
        found as row_values,
        {{ utc('found:timestamp') }} as found_at,
        {{ record_times() }}
    from records

)

select * from typed
