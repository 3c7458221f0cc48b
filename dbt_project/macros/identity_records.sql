{#-
  The node of a source's record, the same text wherever the record is named: source, connection, kind of record and the
  source's id. The arguments after record_kind are SQL.
-#}
{% macro node_of(source, record_kind, source_id, connection_id='connection_id') -%}
    '{{ source }}:' || {{ connection_id }} || ':{{ record_kind }}:' || {{ source_id }}
{%- endmacro %}


{#-
  The start of a select that tells one source's accounts in the columns of every source's; the model writes its `from`.
  Arguments but the first two are SQL; what a source does not say is NULL.
-#}
{% macro account_columns(
    source,
    record_kind,
    source_id,
    account_name='null',
    site='null',
    parent_source_id='null',
    owner_id='null',
    employee_count='null',
    unit_count='null',
    record_id='record_id',
    connection_id='connection_id',
    is_live='not is_deleted',
    created_at='created_at',
    first_received_at='first_received_at'
) -%}
    select
        {{ record_id }} as record_id,
        '{{ source }}' as source,
        {{ connection_id }} as connection_id,
        '{{ record_kind }}' as record_kind,
        {{ source_id }} as source_id,
        {{ account_name }} as account_name,
        {{ site }} as site,
        {{ parent_source_id }} as parent_source_id,
        {{ owner_id }} as owner_id,
        {{ employee_count }}::number(18, 0) as employee_count,
        {{ unit_count }}::number(18, 0) as unit_count,
        {{ is_live }} as is_live,
        {{ created_at }} as created_at,
        {{ first_received_at }} as first_received_at
{%- endmacro %}


{#- The same of one source's people. -#}
{% macro person_columns(
    source,
    record_kind,
    source_id,
    full_name="first_name || ' ' || last_name",
    email='email',
    job_title='null',
    account_kind=none,
    account_source_id='null',
    record_id='record_id',
    connection_id='connection_id',
    is_live='not is_deleted',
    created_at='created_at',
    first_received_at='first_received_at'
) -%}
    select
        {{ record_id }} as record_id,
        '{{ source }}' as source,
        {{ connection_id }} as connection_id,
        '{{ record_kind }}' as record_kind,
        {{ source_id }} as source_id,
        {{ full_name }} as full_name,
        {{ email }} as email,
        {{ job_title }} as job_title,
        {{ "'" ~ account_kind ~ "'" if account_kind else 'null' }} as account_kind,
        {{ account_source_id }} as account_source_id,
        {{ is_live }} as is_live,
        {{ created_at }} as created_at,
        {{ first_received_at }} as first_received_at
{%- endmacro %}
