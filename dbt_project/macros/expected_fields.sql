{#-
  What each stream's whole records must be able to tell: (source, stream, field, SQL of its raw value, kind, is it
  required). A required field that is absent or JSON null is missing; one of any kind whose value its cast refuses is
  mistyped. Only fields that numbers, links or times rest on are here: the rest may come and go.

  HubSpot's properties come one at a time too; int_data_health__flaws reads them from their history.
-#}
{% macro expected_fields() -%}
    {{ return([
        ('apollo', 'account', 'domain', 'payload:domain', 'text', false),
        ('apollo', 'contact', 'account_id', 'payload:account_id', 'text', false),
        ('asana', 'task', 'created_at', record_at('task') ~ ':created_at', 'instant', true),
        ('asana', 'task', 'completed_at', record_at('task') ~ ':completed_at', 'instant', false),
        ('custom', 'invoice', 'data.total_cents', 'payload:data:total_cents', 'number', true),
        ('custom', 'invoice', 'data.issued_on', 'payload:data:issued_on', 'instant', true),
        ('custom', 'payment', 'data.amount_cents', 'payload:data:amount_cents', 'number', true),
        ('custom', 'subscription', 'data.units', 'payload:data:units', 'number', true),
        ('custom', 'subscription', 'data.unit_amount_cents', 'payload:data:unit_amount_cents', 'number', true),
        ('custom', 'subscription', 'data.started_at', 'payload:data:started_at', 'instant', true),
        ('github', 'pull_request', 'created_at', record_at('pull_request') ~ ':created_at', 'instant', true),
        ('github', 'pull_request', 'merged_at', record_at('pull_request') ~ ':merged_at', 'instant', false),
        ('github', 'deployment', 'created_at', record_at('deployment') ~ ':created_at', 'instant', true),
        ('gong', 'call', 'metaData.started', _gong_metadata() ~ ':started', 'instant', true),
        ('gong', 'call', 'metaData.duration', _gong_metadata() ~ ':duration', 'number', true),
        ('gong', 'transcript', 'transcript', 'payload:transcript', 'array', true),
        ('hubspot', 'deal', 'properties.dealstage', 'payload:properties:dealstage', 'text', true),
        ('hubspot', 'deal', 'properties.pipeline', 'payload:properties:pipeline', 'text', true),
        ('hubspot', 'deal', 'properties.createdate', 'payload:properties:createdate', 'instant', true),
        ('hubspot', 'deal_pipeline', 'stages', 'payload:stages', 'array', true),
        ('intercom', 'conversation_part', 'created_at', 'payload:created_at', 'number', true),
        ('linear', 'issue', 'createdAt', record_at('data') ~ ':createdAt', 'instant', true),
        ('linear', 'issue', 'completedAt', record_at('data') ~ ':completedAt', 'instant', false),
        ('llm_usage', 'litellm_spend_log', 'spend', 'payload:spend', 'number', true),
        ('llm_usage', 'litellm_spend_log', 'startTime', 'payload:startTime', 'instant', true),
        ('llm_usage', 'openrouter_activity', 'usage', 'payload:usage', 'number', true),
        ('salesforce', 'account', 'Name', 'payload:Name', 'text', true),
        ('salesforce', 'opportunity', 'StageName', 'payload:StageName', 'text', true),
        ('salesforce', 'opportunity', 'CloseDate', 'payload:CloseDate', 'instant', true),
        ('salesforce', 'opportunity', 'Amount', 'payload:Amount', 'number', false),
        ('slack', 'message', 'text', 'coalesce(payload:event:message, payload:event, payload):text', 'text', true),
        ('zendesk', 'ticket', 'created_at', record_at('ticket') ~ ':created_at', 'instant', true),
        ('zendesk', 'ticket', 'status', record_at('ticket') ~ ':status', 'text', true),
    ]) }}
{%- endmacro %}


{#- The short listing and one published webhook sample put a call's metadata at the top level. -#}
{% macro _gong_metadata() -%}
    coalesce(payload:callData:metaData, payload:metaData, payload:callData, payload)
{%- endmacro %}


{#- Whether a raw value that is there cannot be what it should be. -#}
{% macro is_mistyped(value, kind) -%}
    {%- if kind == 'number' -%}
    {{ value }}::varchar is not null and try_to_decimal({{ value }}::varchar, 38, 9) is null
    {%- elif kind == 'instant' -%}
    {{ value }}::varchar is not null and {{ utc("replace(" ~ value ~ "::varchar, '+0000', 'Z')") }} is null
    {%- elif kind == 'array' -%}
    {{ value }}::varchar is not null and left(ltrim({{ value }}::varchar), 1) != '['
    {%- else -%}
    left(ltrim({{ value }}::varchar), 1) in ('[', '{')
    {%- endif -%}
{%- endmacro %}
