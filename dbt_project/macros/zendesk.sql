{#-
  CTE `parts`: what an audit of a ticket told, one row per part, after the CTE `records` it is made of. A part is a
  comment, a change of fields or something of Zendesk's own; part:event_type says which.
-#}
{% macro zendesk_audit_parts() -%}
records as (

    select * from {{ ref('base_records') }}
    where source = 'zendesk' and stream = 'ticket_event'

),

parts as (

    select
        records.record_id,
        records.connection_id,
        records.payload:ticket_id::varchar as ticket_id,
        records.payload:created_at::varchar as told_at,
        part.value as part,
        records.is_deleted,
        records.first_received_at
    from records
    inner join lateral flatten(input => records.payload:child_events) as part

)
{%- endmacro %}
