-- Nodes of a mail provider's or a shared host's domain.
with

shared as (

    select domain from {{ ref('free_mail_domains') }}
    union
    select domain from {{ ref('shared_host_domains') }}

),

found as (

    select nodes.node_id
    from {{ ref('int_identity__nodes') }} as nodes
    inner join shared on split_part(nodes.node_id, '#', 1) = 'domain:' || shared.domain
    where not nodes.is_record

)

select * from found
