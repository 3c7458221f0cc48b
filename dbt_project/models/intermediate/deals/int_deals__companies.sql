with

associations as (

    select
        connection_id,
        record_id,
        iff(from_type = 'deal', from_id, to_id) as deal_id,
        iff(from_type = 'deal', to_id, from_id) as company_id,
        is_primary,
        is_deleted,
        coalesce(source_updated_at, last_received_at) as told_at
    from {{ ref('stg_hubspot__associations') }}
    where (from_type = 'deal' and to_type = 'company') or (from_type = 'company' and to_type = 'deal')

),

merges as (

    select * from {{ ref('stg_hubspot__merges') }}

),

-- The pair was told from the deal's side or from the company's: whichever is newer decides whether it still holds.
newest_pairs as (

    select
        *,
        max(iff(is_primary and not is_deleted, 1, 0)) over (
            partition by connection_id, deal_id, company_id
        ) as primary_rank
    from associations
    qualify row_number() over (
        partition by connection_id, deal_id, company_id
        order by told_at desc, iff(is_deleted, 1, 0), record_id
    ) = 1

),

-- Facts move to the winner of a merge, of companies and of deals alike.
surviving as (

    select
        newest_pairs.connection_id,
        coalesce(merged_deals.winner_id, newest_pairs.deal_id) as deal_id,
        coalesce(merged_companies.winner_id, newest_pairs.company_id) as company_id,
        newest_pairs.primary_rank
    from newest_pairs
    left join merges as merged_deals
        on merged_deals.connection_id = newest_pairs.connection_id
        and merged_deals.object_type = 'deal'
        and merged_deals.loser_id = newest_pairs.deal_id
    left join merges as merged_companies
        on merged_companies.connection_id = newest_pairs.connection_id
        and merged_companies.object_type = 'company'
        and merged_companies.loser_id = newest_pairs.company_id
    where not newest_pairs.is_deleted

),

-- A deal with several companies counts once, for its primary one.
one_per_deal as (

    select
        md5('hubspot|' || connection_id || '|deal|' || deal_id) as deal_key,
        connection_id,
        deal_id,
        company_id,
        count(*) over (partition by connection_id, deal_id) as company_count
    from surviving
    qualify row_number() over (
        partition by connection_id, deal_id
        order by primary_rank desc, company_id
    ) = 1

)

select * from one_per_deal
