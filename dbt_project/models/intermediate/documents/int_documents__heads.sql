{{ config(materialized='view') }}

with

calls as (

    select * from {{ ref('int_calls__linked') }}

),

gong_calls as (

    select * from {{ ref('stg_gong__calls') }}
    where not is_deleted

),

-- A thread's first piece stands for the thread; where no message has words there is nothing to be the head of.
threads as (

    select * from {{ ref('int_documents__slack_pieces') }}
    where piece_number = 1

),

channels as (

    select * from {{ ref('stg_slack__channels') }}

),

conversations as (

    select * from {{ ref('stg_intercom__conversations') }}
    where not is_deleted

),

asked as (

    select * from {{ ref('int_support__conversations') }}

),

tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}
    where not is_deleted

),

issues as (

    select * from {{ ref('stg_linear__issues') }}
    where not is_deleted

),

tasks as (

    select * from {{ ref('stg_asana__tasks') }}
    where not is_deleted

),

-- Without its repository nobody knows which one it is.
github_issues as (

    select connection_id, repository_name, issue_number, title, created_at from {{ ref('stg_github__issues') }}
    where not is_deleted and repository_name is not null and issue_number is not null
    union all
    select connection_id, repository_name, pull_request_number as issue_number, title, created_at
    from {{ ref('stg_github__pull_requests') }}
    where not is_deleted and repository_name is not null and pull_request_number is not null

),

code_files as (

    select * from {{ ref('stg_github__code_files') }}
    where not is_deleted

),

pages as (

    select * from {{ ref('stg_notion__pages') }}
    where not is_deleted

),

crm_notes as (

    select * from {{ ref('int_documents__crm_notes') }}

),

files as (

    select * from {{ ref('int_documents__files') }}

),

heads as (

    select
        'gong' as source,
        gong_calls.connection_id,
        gong_calls.call_id as source_record_id,
        'call' as document_type,
        'customer' as sensitivity,
        calls.title,
        calls.account_id,
        calls.deal_key,
        calls.started_at as occurred_at
    from gong_calls
    inner join calls on calls.call_id = gong_calls.call_id

    union all

    select
        'intercom' as source,
        conversations.connection_id,
        conversations.conversation_id as source_record_id,
        'ticket' as document_type,
        'customer' as sensitivity,
        conversations.subject as title,
        asked.account_id,
        null as deal_key,
        conversations.created_at as occurred_at
    from conversations
    left join asked on asked.conversation_key = conversations.record_id

    union all

    select
        'zendesk' as source,
        tickets.connection_id,
        tickets.ticket_id as source_record_id,
        'ticket' as document_type,
        'customer' as sensitivity,
        tickets.subject as title,
        asked.account_id,
        null as deal_key,
        tickets.created_at as occurred_at
    from tickets
    left join asked on asked.conversation_key = tickets.record_id

    union all

    select
        'linear' as source,
        connection_id,
        issue_id as source_record_id,
        'issue' as document_type,
        'internal' as sensitivity,
        title,
        null as account_id,
        null as deal_key,
        created_at as occurred_at
    from issues

    union all

    select
        'asana' as source,
        connection_id,
        task_id as source_record_id,
        'issue' as document_type,
        'internal' as sensitivity,
        task_name as title,
        null as account_id,
        null as deal_key,
        created_at as occurred_at
    from tasks

    union all

    select
        'github' as source,
        connection_id,
        repository_name || '#' || issue_number as source_record_id,
        'issue' as document_type,
        'internal' as sensitivity,
        title,
        null as account_id,
        null as deal_key,
        created_at as occurred_at
    from github_issues

    union all

    -- The title is the path: by it the chunker knows the language.
    select
        'github' as source,
        connection_id,
        code_file_id as source_record_id,
        'code' as document_type,
        'internal' as sensitivity,
        path as title,
        null as account_id,
        null as deal_key,
        committed_at as occurred_at
    from code_files

    union all

    select
        'notion' as source,
        connection_id,
        page_id as source_record_id,
        'page' as document_type,
        'internal' as sensitivity,
        title,
        null as account_id,
        null as deal_key,
        created_at as occurred_at
    from pages

    union all

    select
        source,
        connection_id,
        source_record_id,
        'note' as document_type,
        'customer' as sensitivity,
        title,
        account_id,
        deal_key,
        noted_at as occurred_at
    from crm_notes

    union all

    select
        source,
        connection_id,
        source_record_id,
        'file' as document_type,
        'internal' as sensitivity,
        title,
        null as account_id,
        null as deal_key,
        created_at as occurred_at
    from files

),

identified as (

    select
        {{ document_id() }} as document_id,
        *
    from heads

    union all

    select
        threads.document_id,
        threads.source,
        threads.connection_id,
        threads.source_record_id,
        'thread' as document_type,
        case
            when coalesce(channels.is_private, true) then 'private'
            when channels.is_shared_externally then 'customer'
            else 'internal'
        end as sensitivity,
        '#' || channels.channel_name as title,
        null as account_id,
        null as deal_key,
        threads.began_at as occurred_at
    from threads
    left join channels
        on channels.connection_id = threads.connection_id
        and channels.channel_id = threads.channel_id

)

select * from identified
