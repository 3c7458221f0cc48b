-- Least privilege: LOADER adds rows to RAW_DATA, TRANSFORMER reads them and builds the rest, READER reads the marts.
-- Role: SECURITYADMIN. Undo: revoke the same.
use role SECURITYADMIN;

grant usage on database SOPHIA to role LOADER;
grant usage, create pipe on schema SOPHIA.RAW_DATA to role LOADER;
grant insert, select on table SOPHIA.RAW_DATA.EVENTS to role LOADER;
grant usage on stage SOPHIA.RAW_DATA.LAKE to role LOADER;

grant usage on warehouse TRANSFORMING to role TRANSFORMER;
grant usage on database SOPHIA to role TRANSFORMER;
grant usage on schema SOPHIA.RAW_DATA to role TRANSFORMER;
grant select on all tables in schema SOPHIA.RAW_DATA to role TRANSFORMER;
grant select on future tables in schema SOPHIA.RAW_DATA to role TRANSFORMER;

{% for schema in [
    'STAGING', 'ANALYTICS', 'AI_MEMORY', 'MCP_DATA', 'BUSINESS_INTELLIGENCE', 'EXECUTIVE_DASHBOARD',
    'GONG_INTELLIGENCE', 'COMPETITIVE_INTELLIGENCE', 'EXECUTIVE_INTELLIGENCE',
] -%}
grant usage, create table, create view, create dynamic table on schema SOPHIA.{{ schema }} to role TRANSFORMER;
{% endfor %}

grant usage on warehouse READING to role READER;
grant usage on database SOPHIA to role READER;
{% for schema in [
    'ANALYTICS', 'MCP_DATA', 'BUSINESS_INTELLIGENCE', 'EXECUTIVE_DASHBOARD', 'GONG_INTELLIGENCE',
    'COMPETITIVE_INTELLIGENCE', 'EXECUTIVE_INTELLIGENCE',
] -%}
grant usage on schema SOPHIA.{{ schema }} to role READER;
grant select on all tables in schema SOPHIA.{{ schema }} to role READER;
grant select on future tables in schema SOPHIA.{{ schema }} to role READER;
grant select on all views in schema SOPHIA.{{ schema }} to role READER;
grant select on future views in schema SOPHIA.{{ schema }} to role READER;
{% endfor %}
