-- A table of vectors and a pipe for each model of gpu_jobs/models.py, and the pipes of what every model makes.
-- VECTOR takes no Parquet list by name, an array cast to it: hence the columns one by one.
-- Role: SYSADMIN, then LOADER. Undo: drop pipe and drop table (the lake can load it again).
use role SYSADMIN;

{% for model in embedding_models -%}
create table if not exists SOPHIA.AI_MEMORY.EMBEDDINGS__{{ model.slug }} (
    chunk_id varchar not null comment 'Of CHUNKS',
    document_id varchar not null comment 'Of DOCUMENTS',
    content_hash varchar not null comment 'The document as it was read',
    model_version varchar not null comment '{{ model.version }}',
    embedding vector(float, {{ model.dimension }}) not null comment 'Of length 1',
    embedded_at timestamp_ntz comment 'UTC',
    job_id varchar comment 'Which job paid for it',
    loaded_at timestamp_ntz default sysdate() comment 'UTC'
)
comment = 'One row per chunk and time it was embedded by {{ model.version }}. Append-only, with duplicates.';

{% endfor -%}
use role LOADER;

create pipe if not exists SOPHIA.AI_MEMORY.CHUNKS_PIPE
    auto_ingest = true
    comment = 'Chunks of the lake to AI_MEMORY.CHUNKS'
as
copy into SOPHIA.AI_MEMORY.CHUNKS
from @SOPHIA.RAW_DATA.LAKE/gpu/results/chunks/
file_format = (type = parquet)
match_by_column_name = case_insensitive;

create pipe if not exists SOPHIA.AI_MEMORY.ENRICHMENTS_PIPE
    auto_ingest = true
    comment = 'Enrichments of the lake to AI_MEMORY.ENRICHMENTS'
as
copy into SOPHIA.AI_MEMORY.ENRICHMENTS (
    document_id, content_hash, method, model_version, prompt_version, enrichment, dropped_claims, enriched_at, job_id
)
from (
    select
        $1:document_id::varchar,
        $1:content_hash::varchar,
        $1:method::varchar,
        $1:model_version::varchar,
        $1:prompt_version::varchar,
        parse_json($1:enrichment::varchar),
        $1:dropped_claims::number,
        $1:enriched_at::timestamp_ntz,
        $1:job_id::varchar
    from @SOPHIA.RAW_DATA.LAKE/gpu/results/enrichments/
)
file_format = (type = parquet);

create pipe if not exists SOPHIA.AI_MEMORY.REFUSALS_PIPE
    auto_ingest = true
    comment = 'Refusals of the lake to AI_MEMORY.REFUSALS'
as
copy into SOPHIA.AI_MEMORY.REFUSALS
from @SOPHIA.RAW_DATA.LAKE/gpu/results/refusals/
file_format = (type = parquet)
match_by_column_name = case_insensitive;

{% for model in embedding_models -%}
create pipe if not exists SOPHIA.AI_MEMORY.EMBEDDINGS__{{ model.slug }}_PIPE
    auto_ingest = true
    comment = 'Vectors of {{ model.version }}'
as
copy into SOPHIA.AI_MEMORY.EMBEDDINGS__{{ model.slug }} (
    chunk_id, document_id, content_hash, model_version, embedding, embedded_at, job_id
)
from (
    select
        $1:chunk_id::varchar,
        $1:document_id::varchar,
        $1:content_hash::varchar,
        $1:model_version::varchar,
        $1:embedding::array::vector(float, {{ model.dimension }}),
        $1:embedded_at::timestamp_ntz,
        $1:job_id::varchar
    from @SOPHIA.RAW_DATA.LAKE/gpu/results/embeddings/{{ model.slug }}/
)
file_format = (type = parquet);

{% endfor %}
