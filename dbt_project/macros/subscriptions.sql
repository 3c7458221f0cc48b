{#- Whether a subscription of int_arr__subscription_intervals earns at an instant; NULL where its status or beginning is
    unknown. The interval must be the one known then: told_by below. -#}
{% macro is_earning(subscription, instant) -%}
    case
        when
            {{ subscription }}.is_deleted
            or {{ subscription }}.started_at >= {{ instant }}
            or {{ subscription }}.ended_at <= {{ instant }} then false
        when {{ subscription }}.subscription_status = 'paused' then false
        -- Canceled with an end to come runs until then.
        when {{ subscription }}.subscription_status = 'canceled' then {{ subscription }}.ended_at is not null
        when
            {{ subscription }}.subscription_status = 'active'
            and {{ subscription }}.started_at is not null then true
    end
{%- endmacro %}


{#- The interval is what was known of the subscription at the instant. -#}
{% macro told_by(subscription, instant) -%}
    ({{ subscription }}.valid_from < {{ instant }} and coalesce({{ subscription }}.valid_to, {{ instant }}) >= {{ instant }})
{%- endmacro %}


{#- Twelve monthly amounts while it earns, else 0; NULL where it is not known whether it does, or for how much. -#}
{% macro yearly_amount(is_earning, monthly_amount) -%}
    case
        when not {{ is_earning }} then 0
        when {{ is_earning }} then {{ monthly_amount }} * 12
    end::number(18, 2)
{%- endmacro %}
