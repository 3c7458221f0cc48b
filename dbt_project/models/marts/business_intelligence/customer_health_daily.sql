with

components as (

    select * from {{ ref('int_health__components') }}

),

-- The weights of the version that counted on that day.
weights as (

    select
        component,
        version,
        weight,
        valid_from,
        lead(valid_from) over (partition by component order by valid_from, version) as valid_to
    from {{ ref('health_weights') }}

),

parts as (

    {% for component in ['support', 'sentiment', 'engagement', 'relationship', 'usage', 'commercial', 'competitive'] -%}
    select
        customer_day_key,
        date_key,
        '{{ component }}' as component,
        {{ component }}_score as component_score
    from components
    {% if not loop.last -%}
    union all

    {% endif %}
    {%- endfor %}

),

summed as (

    select
        parts.customer_day_key,
        max(weights.version) as weights_version,
        count(parts.component_score) as component_n,
        (
            sum(iff(parts.component_score is not null, weights.weight, 0)) / nullif(sum(weights.weight), 0)
        )::number(9, 6) as coverage,
        (
            sum(parts.component_score * weights.weight)
            / nullif(sum(iff(parts.component_score is not null, weights.weight, 0)), 0)
        )::number(12, 6) as weighted_score
    from parts
    inner join weights
        on weights.component = parts.component
        and weights.valid_from <= parts.date_key
        and (weights.valid_to > parts.date_key or weights.valid_to is null)
    group by parts.customer_day_key

),

-- On too little no score is told: missing is neither 0 nor 100.
scored as (

    select
        components.*,
        summed.weights_version,
        summed.component_n,
        summed.coverage,
        iff(summed.coverage >= 0.5 and summed.component_n >= 2, summed.weighted_score, null) as score
    from components
    inner join summed on summed.customer_day_key = components.customer_day_key

),

-- What is not covered is taken to be like the segment on that day.
adjusted as (

    select
        *,
        coverage * score
        + (1 - coverage) * avg(score) over (partition by date_key, segment) as score_adj
    from scored

),

explained as (

    select
        *,
        array_compact(array_construct(
            iff(urgent_n > 0 and support_score < 80, urgent_n::varchar || ' urgent tickets open', null),
            iff(
                late_n > 0 and support_score < 80,
                late_n::varchar || ' of ' || question_n::varchar || ' questions answered late or not at all',
                null
            ),
            iff(reopening_n > 0 and support_score < 80, reopening_n::varchar || ' conversations opened again', null),
            iff(average_rating < 3 and support_score is not null, 'support rated below 3 of 5', null),
            iff(
                sentiment_score < 40,
                'unhappy in ' || scored_call_n::varchar || ' calls of 90 days (mood ' || round(mood, 2)::varchar || ')',
                null
            ),
            case
                when engagement_score is null then null
                when silent_days is null then 'never a two-way contact'
                when silent_days > 30 then 'no two-way contact for ' || floor(silent_days)::varchar || ' days'
            end,
            iff(
                engagement_score is not null and active_person_n < 3,
                'only ' || active_person_n::varchar || ' people in contact',
                null
            ),
            iff(
                departure_n > 0 and relationship_score < 80,
                departure_n::varchar || ' champions or executives left',
                null
            ),
            iff(arr_ratio < 1, 'ARR down by ' || round(100 * (1 - arr_ratio))::varchar || ' % in 90 days', null),
            iff(threat_level >= 3, 'competitor threat level ' || threat_level::varchar, null)
        )) as reasons
    from adjusted

),

typed as (

    select
        customer_day_key::varchar as customer_day_key,
        account_key::varchar as account_key,
        account_id::varchar as account_id,
        account_name::varchar as account_name,
        owner_id::varchar as owner_id,
        owner_email::varchar as owner_email,
        segment::varchar as segment,
        arr_usd::number(18, 2) as arr_usd,
        support_score::number(5, 2) as support_score,
        sentiment_score::number(5, 2) as sentiment_score,
        engagement_score::number(5, 2) as engagement_score,
        relationship_score::number(5, 2) as relationship_score,
        usage_score::number(5, 2) as usage_score,
        commercial_score::number(5, 2) as commercial_score,
        competitive_score::number(5, 2) as competitive_score,
        component_n::number(2, 0) as component_n,
        coverage::number(7, 6) as coverage,
        score::number(5, 2) as score,
        score_adj::number(5, 2) as score_adj,
        case
            when score_adj < 50 then 'red'
            when score_adj < 70 then 'yellow'
            when score_adj is not null then 'green'
        end::varchar as status,
        reasons::array as reasons,
        weights_version::number(9, 0) as weights_version,
        date_key::date as date_key,
        known_until::timestamp_ntz as known_until
    from explained

)

select * from typed
