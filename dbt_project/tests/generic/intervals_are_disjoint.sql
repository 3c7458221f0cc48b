{#- Pairs of intervals of one thing of which the earlier runs into the later one. -#}
{% test intervals_are_disjoint(model, partition_by) %}
select *
from (
    select
        {{ partition_by }},
        valid_from,
        valid_to,
        lead(valid_from) over (partition by {{ partition_by }} order by valid_from) as next_valid_from
    from {{ model }}
) as following
where valid_to > next_valid_from or (valid_to is null and next_valid_from is not null) or valid_to <= valid_from
{% endtest %}
