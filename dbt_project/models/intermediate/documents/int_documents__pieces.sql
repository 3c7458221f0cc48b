{{ config(materialized='view') }}

with

numbered as (

    select * from {{ ref('int_documents__numbered_pieces') }}

),

slack_pieces as (

    select * exclude (channel_id, began_at, read_until) from {{ ref('int_documents__slack_pieces') }}
    where piece_number is not null

),

pieces as (

    select * from numbered
    union all
    select * from slack_pieces

)

select * from pieces
