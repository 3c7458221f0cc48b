-- Functions added to every database of the local warehouse: what Snowflake has and neither DuckDB nor fakesnow does.
-- statements.py replaces {catalog}.

CREATE OR REPLACE MACRO {catalog}.try_to_timestamp_ntz(v, f := NULL) AS (
    CASE
        WHEN try_cast(v::VARCHAR AS BIGINT) IS NOT NULL
            THEN make_timestamp(try_cast(v::VARCHAR AS BIGINT) * 1000000)
        ELSE TRY_CAST(v AS TIMESTAMP)
    END
);
CREATE OR REPLACE MACRO {catalog}.is_object(v) AS (json_type(v::JSON) = 'OBJECT');
CREATE OR REPLACE MACRO {catalog}.as_integer(v) AS (TRY_CAST(v ->> '$' AS BIGINT));
CREATE OR REPLACE MACRO {catalog}.object_delete(o, k) AS (json_merge_patch(o::JSON, json_object(k::VARCHAR, NULL)));
CREATE OR REPLACE MACRO {catalog}.object_pick(o, k) AS (
    json_object(k::VARCHAR, json_extract(o::JSON, '$.' || k::VARCHAR))
);
CREATE OR REPLACE MACRO {catalog}._x_typeof(v) AS (
    CASE json_type(v::JSON)
        WHEN 'BIGINT' THEN 'INTEGER'
        WHEN 'UBIGINT' THEN 'INTEGER'
        WHEN 'DOUBLE' THEN 'DECIMAL'
        WHEN 'NULL' THEN 'NULL_VALUE'
        ELSE json_type(v::JSON)
    END
);
-- Removed first, because a merge patch would merge an object into the old value.
CREATE OR REPLACE MACRO {catalog}._x_object_insert(o, k, v) AS (
    json_merge_patch(json_merge_patch(o::JSON, json_object(k::VARCHAR, NULL)), json_object(k::VARCHAR, v))
);
CREATE OR REPLACE MACRO {catalog}._x_array_to_string(a, separator) AS (
    array_to_string(
        list_transform(CAST(to_json(a) AS JSON[]), lambda x: coalesce(x ->> '$', '')), separator
    )
);
-- DuckDB's md5_number_lower reads the same bytes the other way round.
CREATE OR REPLACE MACRO {catalog}._x_md5_number_lower64(v) AS (('0x' || right(md5(v), 16))::UBIGINT);
-- FLATTEN's six columns. Order within an array is kept; `outr` adds the row of nulls FLATTEN(outer => true) gives.
CREATE OR REPLACE MACRO {catalog}._x_flatten(input, outr, prefix) AS TABLE
WITH a AS (SELECT CAST(input AS JSON) AS j, outr AS o),
arr AS (
    SELECT
        hash(j)::UBIGINT AS SEQ,
        NULL::VARCHAR AS KEY,
        prefix || '[' || (i - 1) || ']' AS PATH,
        (i - 1)::BIGINT AS INDEX,
        v AS VALUE,
        j AS THIS
    FROM a, LATERAL (SELECT unnest(CAST(j AS JSON[])) AS v, generate_subscripts(CAST(j AS JSON[]), 1) AS i)
    WHERE json_type(j) = 'ARRAY'
),
obj AS (
    SELECT hash(j)::UBIGINT, k, CASE WHEN prefix = '' THEN k ELSE prefix || '.' || k END, NULL::BIGINT, json_extract(j, '$."' || k || '"'), j
    FROM a, LATERAL (SELECT unnest(json_keys(j)) AS k)
    WHERE json_type(j) = 'OBJECT'
)
SELECT * FROM (SELECT * FROM arr ORDER BY INDEX)
UNION ALL SELECT * FROM obj
UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, j
FROM a
WHERE o AND (
    j IS NULL OR json_type(j) NOT IN ('ARRAY', 'OBJECT')
    OR (json_type(j) = 'ARRAY' AND json_array_length(j) = 0) OR json_keys(j) = []
);
