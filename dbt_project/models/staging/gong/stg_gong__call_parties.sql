with

calls as (

    select
        record_id,
        connection_id,
        call_id,
        parties,
        is_deleted
    from {{ ref('stg_gong__calls') }}

),

typed as (

    select
        md5(calls.record_id || '|' || coalesce(party.value:id::varchar, party.index::varchar)) as party_key,
        calls.connection_id,
        calls.call_id,
        party.value:id::varchar as party_id,
        party.value:speakerId::varchar as speaker_id,
        party.value:userId::varchar as user_id,
        party.value:name::varchar as party_name,
        lower(party.value:emailAddress::varchar) as email,
        lower(split_part(party.value:emailAddress::varchar, '@', 2)) as email_domain,
        party.value:title::varchar as job_title,
        party.value:phoneNumber::varchar as phone_number,
        lower(coalesce(party.value:affiliation::varchar, 'unknown')) as affiliation,
        calls.is_deleted
    from calls
    inner join lateral flatten(input => calls.parties) as party
    -- Gong has listed a party twice in one call; the id makes it one.
    qualify row_number() over (
        partition by calls.record_id, coalesce(party.value:id::varchar, party.index::varchar)
        order by party.index
    ) = 1

)

select * from typed
