{{ config(materialized='incremental', unique_key='record_id', incremental_strategy='merge', on_schema_change='fail') }}

{{ newest_records('github') }}
