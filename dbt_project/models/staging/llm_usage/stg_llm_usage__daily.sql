with

records as (

    select * from {{ ref('base_records') }}
    where source = 'llm_usage'

),

openrouter as (

    select
        record_id,
        connection_id,
        'openrouter' as gateway,
        try_to_date(left(payload:date::varchar, 10)) as usage_date,
        payload:provider_name::varchar as provider_name,
        payload:model::varchar as model_name,
        try_to_decimal(payload:requests::varchar, 18, 0) as requests,
        try_to_decimal(payload:prompt_tokens::varchar, 18, 0) as prompt_tokens,
        try_to_decimal(payload:completion_tokens::varchar, 18, 0) as completion_tokens,
        (
            try_to_decimal(payload:prompt_tokens::varchar, 18, 0)
            + try_to_decimal(payload:completion_tokens::varchar, 18, 0)
        ) as total_tokens,
        try_to_decimal(payload:usage::varchar, 18, 8) as cost_usd,
        {{ record_times() }}
    from records
    where stream = 'openrouter_activity'

),

graphs as (

    select
        *,
        split_part(entity_id, '/', 1) as graph_date,
        split_part(entity_id, '/', 2) as graph_name,
        try_to_decimal(payload:summary:total::varchar, 18, 6) as total
    from records
    where stream = 'portkey_graph'

),

-- Portkey's cost is in cents; of its calls only totals are told, without the model.
portkey as (

    select
        min(record_id) as record_id,
        connection_id,
        'portkey' as gateway,
        try_to_date(graph_date) as usage_date,
        null::varchar as provider_name,
        null::varchar as model_name,
        max(iff(graph_name = 'requests', total, null))::number(18, 0) as requests,
        null::number(18, 0) as prompt_tokens,
        null::number(18, 0) as completion_tokens,
        max(iff(graph_name = 'tokens', total, null))::number(18, 0) as total_tokens,
        (max(iff(graph_name = 'cost', total, null)) / 100)::number(18, 8) as cost_usd,
        false as is_deleted,
        null::timestamp_ntz as deleted_at,
        max(source_updated_at) as source_updated_at,
        min(first_received_at) as first_received_at,
        max(last_received_at) as last_received_at
    from graphs
    group by connection_id, graph_date

),

unioned as (

    select * from openrouter
    union all
    select * from portkey

)

select * from unioned
