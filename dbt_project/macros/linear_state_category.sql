{#- The kind of a Linear workflow state in the words of a work item: todo, started, done, canceled. -#}
{% macro linear_state_category(state_type) -%}
    case lower({{ state_type }}::varchar)
        when 'started' then 'started'
        when 'completed' then 'done'
        when 'canceled' then 'canceled'
        else 'todo'
    end
{%- endmacro %}
