{{ config(materialized='incremental', unique_key='record_id', incremental_strategy='merge', on_schema_change='fail') }}

-- Gong has no version clock. A pulled record is complete, a webhook's may be from before the call was processed.
{{ newest_records('gong', prefer="iff(lane = 'webhook', 0, 1)") }}
