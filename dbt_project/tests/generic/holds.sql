{#- Rows for which a condition over a row's columns is false; a condition that is NULL holds. -#}
{% test holds(model, expression, column_name=none) %}
select *
from {{ model }}
where not ({{ expression }})
{% endtest %}
