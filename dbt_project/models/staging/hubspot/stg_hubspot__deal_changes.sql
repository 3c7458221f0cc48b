with

changes as (

    select * from {{ ref('base_hubspot__property_changes') }}
    where stream = 'deal'

),

typed as (

    {{ told_changes('deal_id') }}

)

select * from typed
