with

hosts as (

    select host
    from {{ ref('int_identity__account_hosts') }}

    union

    select host
    from {{ ref('int_identity__person_records') }}
    where host is not null

),

-- Where every customer gets a subdomain, the shared domain is a suffix like com; where all share one, nothing is
-- anyone's.
suffixes as (

    select suffix
    from {{ ref('public_suffixes') }}

    union

    select domain as suffix
    from {{ ref('shared_host_domains') }}
    where subdomain_is_own

),

shared_hosts as (

    select * from {{ ref('shared_host_domains') }}

),

free_mail as (

    select * from {{ ref('free_mail_domains') }}

),

internal_domains as (

    select * from {{ ref('internal_domains') }}

),

split_hosts as (

    select
        host,
        array_size(split(host, '.')) as label_count,
        regexp_substr(host, '[^.]+[.][^.]+$') as last_two,
        regexp_substr(host, '[^.]+[.][^.]+[.][^.]+$') as last_three,
        regexp_substr(host, '[^.]+[.][^.]+[.][^.]+[.][^.]+$') as last_four
    from hosts

),

registrable as (

    select
        split_hosts.host,
        split_hosts.last_two,
        case
            when three_labels.suffix is not null then split_hosts.last_four
            when two_labels.suffix is not null then split_hosts.last_three
            else split_hosts.last_two
        end as domain
    from split_hosts
    left join suffixes as two_labels on two_labels.suffix = split_hosts.last_two
    left join suffixes as three_labels on three_labels.suffix = split_hosts.last_three

),

judged as (

    select
        registrable.host,
        registrable.domain,
        case
            when free_mail.domain is not null then 'free_mail'
            when internal_domains.domain is not null then 'internal'
            when shared_hosts.domain is not null and not shared_hosts.subdomain_is_own then 'shared_host'
            when registrable.domain is null then iff(shared_hosts.domain is null, 'none', 'shared_host')
            else 'corporate'
        end as domain_kind
    from registrable
    left join free_mail on free_mail.domain in (registrable.host, registrable.domain)
    left join internal_domains on internal_domains.domain = registrable.domain
    left join shared_hosts on shared_hosts.domain = registrable.last_two
    qualify row_number() over (partition by registrable.host order by domain_kind) = 1

),

marked as (

    select
        *,
        domain_kind = 'corporate' as is_linking
    from judged

)

select * from marked
