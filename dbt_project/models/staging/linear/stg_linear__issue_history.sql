with

changes as (

    select * from {{ ref('base_linear__issue_changes') }}

),

typed as (

    {{ told_changes('issue_id') }}

)

select * from typed
