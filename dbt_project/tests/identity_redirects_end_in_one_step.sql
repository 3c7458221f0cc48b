-- Redirects to a key that is itself retired.
with

redirects as (

    select * from {{ ref('int_identity__key_redirects') }}

),

found as (

    select redirects.*
    from redirects
    inner join redirects as onwards on onwards.retired_key = redirects.current_key

)

select * from found
