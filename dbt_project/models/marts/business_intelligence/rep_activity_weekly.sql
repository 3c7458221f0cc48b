with

hubspot_owners as (

    select * from {{ ref('stg_hubspot__owners') }}

),

salesforce_users as (

    select * from {{ ref('stg_salesforce__users') }}

),

call_users as (

    select * from {{ ref('stg_gong__users') }}

),

calls as (

    select * from {{ ref('stg_gong__calls') }}
    where not is_deleted

),

activities as (

    select * from {{ ref('stg_salesforce__activities') }}
    where not is_deleted

),

deals as (

    select * from {{ ref('fct_deal') }}
    where status != 'deleted'

),

stays as (

    select * from {{ ref('fct_deal_stage_history') }}

),

-- Sales people only: who owns deals in a CRM. A person is an address, whichever tool tells it.
reps as (

    select email from hubspot_owners
    where email is not null
    union
    select email from salesforce_users
    where email is not null

),

done as (

    select
        call_users.email,
        'call' as activity,
        calls.duration_s as amount,
        calls.started_at as happened_at
    from calls
    inner join call_users
        on call_users.connection_id = calls.connection_id
        and call_users.user_id = calls.primary_user_id

    union all

    select
        salesforce_users.email,
        case when activities.activity_type = 'event' then 'meeting' else 'task' end as activity,
        0 as amount,
        -- When a task was done is not told; its last version is from then.
        coalesce(activities.started_at, activities.source_updated_at) as happened_at
    from activities
    inner join salesforce_users
        on salesforce_users.connection_id = activities.connection_id
        and salesforce_users.user_id = activities.owner_id
    where activities.activity_type = 'event' or activities.is_completed

    union all

    select
        owner_email as email,
        'deal created' as activity,
        0 as amount,
        created_at as happened_at
    from deals

    union all

    select
        deals.owner_email as email,
        'stage move' as activity,
        0 as amount,
        stays.entered_at as happened_at
    from stays
    inner join deals on deals.deal_key = stays.deal_key
    where stays.stay_number > 1

    union all

    select
        owner_email as email,
        'deal won' as activity,
        amount_usd as amount,
        closed_at as happened_at
    from deals
    where status = 'won'

),

counted as (

    select
        date_trunc('week', {{ business_date('done.happened_at') }})::date as week_start_date,
        done.email,
        count_if(done.activity = 'call') as call_n,
        sum(iff(done.activity = 'call', done.amount, 0)) as call_s,
        count_if(done.activity = 'meeting') as meeting_n,
        count_if(done.activity = 'task') as task_done_n,
        count_if(done.activity = 'deal created') as deal_created_n,
        count_if(done.activity = 'stage move') as stage_move_n,
        count_if(done.activity = 'deal won') as deal_won_n,
        coalesce(sum(iff(done.activity = 'deal won', done.amount, 0)), 0) as won_usd
    from done
    inner join reps on reps.email = done.email
    where done.happened_at <= {{ as_of() }}
    group by 1, 2

),

typed as (

    select
        md5(week_start_date::varchar || '|' || email) as rep_week_key,
        email::varchar as rep_email,
        call_n::number(18, 0) as call_n,
        (call_s / 60)::number(18, 1) as call_minutes,
        meeting_n::number(18, 0) as meeting_n,
        task_done_n::number(18, 0) as task_done_n,
        deal_created_n::number(18, 0) as deal_created_n,
        stage_move_n::number(18, 0) as stage_move_n,
        deal_won_n::number(18, 0) as deal_won_n,
        won_usd::number(18, 2) as won_usd,
        week_start_date
    from counted

)

select * from typed
