{#-
  A flaw never removes a row: the record is staged and counted, and this says what is wrong with it. What the number
  made of it does then is each number's own rule (tests/dbt_project/test_bad_input.py).
-#}
with

records as (

    select
        record_id,
        source,
        connection_id,
        stream,
        entity_id,
        last_received_at
    from {{ ref('base_records') }}
    where not is_deleted

),

deals as (

    select * from {{ ref('stg_hubspot__deals') }}
    where not is_deleted and not is_merged

),

current_properties as (

    select * from {{ ref('stg_hubspot__deal_changes') }}
    where is_current and property_name in ('amount', 'closedate', 'createdate')

),

stages as (

    select * from {{ ref('stg_hubspot__pipeline_stages') }}

),

calls as (

    select * from {{ ref('stg_gong__calls') }}
    where not is_deleted

),

parties as (

    select distinct call_id
    from {{ ref('stg_gong__call_parties') }}

),

transcripts as (

    select * from {{ ref('base_records') }}
    where source = 'gong' and stream = 'transcript' and payload is not null and not is_deleted

),

sentences as (

    select distinct
        connection_id,
        call_id
    from {{ ref('stg_gong__transcript_sentences') }}

),

currencies as (

    select * from {{ ref('currencies') }}

),

field_flaws as (

    select
        record_id,
        field,
        flaw
    from {{ ref('int_data_health__field_flaws') }}
    where flaw is not null

),

property_flaws as (

    select
        record_id,
        property_name as field,
        'field_mistyped' as flaw
    from current_properties
    where
        (property_name = 'amount' and new_value is not null and try_to_decimal(new_value, 18, 2) is null)
        or (property_name != 'amount' and new_value is not null and {{ hubspot_time('new_value') }} is null)

),

-- The stage may have been renamed or deleted since: one that was ever listed is known.
stage_flaws as (

    select
        deals.record_id,
        'dealstage' as field,
        'unknown_stage' as flaw
    from deals
    left join stages
        on stages.connection_id = deals.connection_id
        and stages.pipeline_id = deals.pipeline_id
        and stages.stage_id = deals.stage_id
    where deals.stage_id is not null and stages.stage_key is null

),

currency_flaws as (

    select
        deals.record_id,
        'deal_currency_code' as field,
        'unknown_currency' as flaw
    from deals
    left join currencies on currencies.currency_code = deals.currency_code
    where deals.currency_code is not null and currencies.currency_code is null

),

-- A close date may lie ahead while the deal is open; that it was created or that a call began cannot.
future_flaws as (

    select
        record_id,
        'createdate' as field,
        'in_the_future' as flaw
    from deals
    where created_at > dateadd(hour, 1, {{ as_of() }})

    union all

    select
        record_id,
        'started' as field,
        'in_the_future' as flaw
    from calls
    where started_at > dateadd(hour, 1, {{ as_of() }})

),

call_flaws as (

    select
        calls.record_id,
        'parties' as field,
        'call_without_participants' as flaw
    from calls
    left join parties on parties.call_id = calls.call_id
    where parties.call_id is null

    union all

    select
        transcripts.record_id,
        'transcript' as field,
        'transcript_without_turns' as flaw
    from transcripts
    left join sentences
        on sentences.connection_id = transcripts.connection_id
        and sentences.call_id = transcripts.entity_id
    where sentences.call_id is null

),

unread_flaws as (

    select
        record_id,
        coalesce(payload:reason::varchar, 'unknown') as field,
        'unreadable' as flaw
    from {{ ref('base_records') }}
    where stream = 'quarantine' and not is_deleted

),

found as (

    select * from field_flaws
    union all
    select * from property_flaws
    union all
    select * from stage_flaws
    union all
    select * from currency_flaws
    union all
    select * from future_flaws
    union all
    select * from call_flaws
    union all
    select * from unread_flaws

),

flaws as (

    select
        md5(records.record_id || '|' || found.flaw || '|' || found.field) as flaw_key,
        records.record_id,
        records.source,
        records.connection_id,
        records.stream,
        records.entity_id,
        found.flaw,
        found.field,
        records.last_received_at
    from found
    inner join records on records.record_id = found.record_id
    qualify row_number() over (
        partition by records.record_id, found.flaw, found.field
        order by records.record_id
    ) = 1

)

select * from flaws
