with

records as (

    select * from {{ ref('base_records') }}
    where source = 'usergems' and stream = 'signal'

),

-- UserGems publishes no payload: these spellings are those of its own API and the likeliest others (unverified). What a
-- delivery really holds is in stg_usergems__signal_fields; a field with another name is added here.
named as (

    select
        *,
        coalesce(payload:signal::varchar, payload:signalType::varchar, payload:type::varchar) as signal_name,
        coalesce(payload:email::varchar, payload:newEmail::varchar) as told_email,
        coalesce(payload:company::varchar, payload:newCompany::varchar, payload:companyName::varchar) as told_company,
        coalesce(
            payload:companyDomain::varchar, payload:newCompanyDomain::varchar, payload:domain::varchar
        ) as told_domain,
        coalesce(payload:title::varchar, payload:newTitle::varchar) as told_title,
        coalesce(payload:previousCompany::varchar, payload:oldCompany::varchar) as told_previous_company,
        coalesce(payload:previousCompanyDomain::varchar, payload:oldCompanyDomain::varchar) as told_previous_domain,
        coalesce(payload:previousTitle::varchar, payload:oldTitle::varchar) as told_previous_title
    from records

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as signal_id,
        payload:custom::varchar as our_reference,
        lower(replace(signal_name, ' ', '_')) as signal_type,
        lower(payload:relationshipType::varchar) as relationship_type,
        lower(told_email) as email,
        payload:firstName::varchar as first_name,
        payload:lastName::varchar as last_name,
        payload:linkedinUrl::varchar as linkedin_url,
        told_title as job_title,
        told_company as company_name,
        {{ host_of('told_domain') }} as company_domain,
        told_previous_title as previous_job_title,
        told_previous_company as previous_company_name,
        {{ host_of('told_previous_domain') }} as previous_company_domain,
        told_previous_company is not null and told_previous_company <> coalesce(told_company, '') as is_move,
        coalesce({{ utc('payload:detectedAt') }}, first_received_at) as detected_at,
        {{ record_times() }}
    from named

)

select * from typed
