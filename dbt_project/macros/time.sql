{#- The instant the numbers are told at: var `as_of`, else the start of the run. UTC. -#}
{% macro as_of() -%}
    {%- set instant = var('as_of') or run_started_at.strftime('%Y-%m-%d %H:%M:%S') -%}
    '{{ instant }}'::timestamp_ntz
{%- endmacro %}


{#- The business day of a UTC instant. -#}
{% macro business_date(instant) -%}
    convert_timezone('UTC', '{{ var("company_tz") }}', {{ instant }})::date
{%- endmacro %}


{#- The UTC instant at which a business day is over, its own first instant excluded from the next day. -#}
{% macro end_of_business_date(day) -%}
    convert_timezone('{{ var("company_tz") }}', 'UTC', dateadd(day, 1, {{ day }})::timestamp_ntz)
{%- endmacro %}


{#- RFC 3339 text, with or without an offset, as a UTC instant; NULL where it is none. -#}
{% macro utc(text) -%}
    convert_timezone('UTC', try_to_timestamp_tz({{ text }}::varchar))::timestamp_ntz
{%- endmacro %}


{#- Unix seconds, also as text with a fraction (Slack's ts), as a UTC instant, exact to the microsecond. -#}
{% macro unix_time(seconds) -%}
    to_timestamp_ntz((try_to_decimal({{ seconds }}::varchar, 20, 6) * 1000000)::number(20, 0), 6)
{%- endmacro %}


{#- A HubSpot date property: RFC 3339 in pulled records, milliseconds in property changes. -#}
{% macro hubspot_time(text) -%}
    coalesce(to_timestamp_ntz(try_to_number({{ text }}), 3), {{ utc(text) }})
{%- endmacro %}


{#- The business days the KPIs are told for: a select of date_key and known_until. Today is told as far as it has come. -#}
{% macro kpi_days() -%}
    select
        date_key,
        least(day_ends_at, {{ as_of() }}) as known_until
    from {{ ref('dim_date') }}
    where
        date_key > dateadd(day, -{{ var('kpi_days') }}, {{ business_date(as_of()) }})
        and date_key <= {{ business_date(as_of()) }}
{%- endmacro %}


{#- The quarter of an hour in which an instant lies, by its first instant. -#}
{% macro quarter_of(instant) -%}
    time_slice({{ instant }}, 15, 'minute')
{%- endmacro %}
