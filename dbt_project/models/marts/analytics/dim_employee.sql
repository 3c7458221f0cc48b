with

linear_users as (

    select * from {{ ref('stg_linear__users') }}
    where not is_app and not is_guest and not is_deleted

),

asana_users as (

    select * from {{ ref('stg_asana__users') }}
    where not is_deleted

),

gong_users as (

    select * from {{ ref('stg_gong__users') }}
    where not is_deleted

),

hubspot_owners as (

    select * from {{ ref('stg_hubspot__owners') }}
    where not is_deleted

),

salesforce_users as (

    select * from {{ ref('stg_salesforce__users') }}
    where not is_deleted

),

slack_users as (

    select * from {{ ref('stg_slack__users') }}
    where not is_bot and not is_deleted

),

push_commits as (

    select * from {{ ref('stg_github__push_commits') }}
    where author_login is not null and author_login not like '%[bot]'

),

-- The tools whose users are colleagues; Asana does not say who has left.
accounts as (

    select 'linear' as source, email, user_name as full_name, user_id as account_id, is_active from linear_users
    union all
    select 'asana' as source, email, full_name, user_id as account_id, null as is_active from asana_users
    union all
    select
        'gong' as source,
        email,
        first_name || ' ' || last_name as full_name,
        user_id as account_id,
        is_active
    from gong_users
    union all
    select
        'hubspot' as source,
        email,
        first_name || ' ' || last_name as full_name,
        owner_id as account_id,
        not is_archived as is_active
    from hubspot_owners
    union all
    select 'salesforce' as source, email, full_name, user_id as account_id, is_active from salesforce_users

),

-- A shared channel shows the people of other companies too: whoever is known from Slack alone may be one of them.
every_account as (

    select * from accounts
    where email is not null

    union all

    select
        'slack' as source,
        slack_users.email,
        slack_users.real_name as full_name,
        slack_users.user_id as account_id,
        not slack_users.is_deactivated as is_active
    from slack_users
    where slack_users.email in (select email from accounts)

),

logins as (

    select
        author_email as email,
        max_by(author_login, committed_at) as github_login
    from push_commits
    group by author_email

),

people as (

    select
        email,
        min(full_name) as full_name,
        count(distinct source) as source_count,
        coalesce(boolor_agg(is_active), true) as is_active,
        min(iff(source = 'linear', account_id, null)) as linear_user_id,
        min(iff(source = 'asana', account_id, null)) as asana_user_id,
        min(iff(source = 'slack', account_id, null)) as slack_user_id,
        min(iff(source = 'gong', account_id, null)) as gong_user_id,
        min(iff(source = 'hubspot', account_id, null)) as hubspot_owner_id,
        min(iff(source = 'salesforce', account_id, null)) as salesforce_user_id
    from every_account
    group by email

),

described as (

    select
        md5(people.email)::varchar as employee_key,
        people.linear_user_id::varchar as linear_user_id,
        people.asana_user_id::varchar as asana_user_id,
        people.slack_user_id::varchar as slack_user_id,
        people.gong_user_id::varchar as gong_user_id,
        people.hubspot_owner_id::varchar as hubspot_owner_id,
        people.salesforce_user_id::varchar as salesforce_user_id,
        logins.github_login::varchar as github_login,
        people.email::varchar as email,
        people.full_name::varchar as full_name,
        people.source_count::number(9, 0) as source_count,
        people.is_active::boolean as is_active
    from people
    left join logins on logins.email = people.email

)

select * from described
