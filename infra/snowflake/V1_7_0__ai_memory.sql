-- What GPU workers make of documents, as their Parquet has it (gpu_jobs/data.py): append-only, with duplicates. The views
-- of dbt (models/intermediate/documents) keep what is current. Vectors have a table per model: R__embeddings.sql.
-- Role: ACCOUNTADMIN, then SYSADMIN, then SECURITYADMIN. Undo: drop table SOPHIA.AI_MEMORY.CHUNKS, ENRICHMENTS (the lake
-- can load them again).
use role ACCOUNTADMIN;

alter storage integration SOPHIA_LAKE
    set storage_allowed_locations = ('s3://{{ lake_bucket }}/events/', 's3://{{ lake_bucket }}/gpu/results/');

use role SYSADMIN;

create table if not exists SOPHIA.AI_MEMORY.CHUNKS (
    chunk_id varchar not null comment 'Of the content, the chunker and the place: the same work has the same id',
    document_id varchar not null comment 'Of DOCUMENTS',
    content_hash varchar not null comment 'The document as it was read; another hash there makes this an old one',
    chunker_version varchar comment 'Of gpu_jobs/chunking',
    ordinal number comment 'Its place in the document, from 0',
    start_offset number comment 'Where it begins in the text, in characters',
    end_offset number comment 'Where it ends, exclusive',
    chunk_text varchar comment 'The text between them, exactly',
    context varchar comment 'What the model read in front of it: title, heading path, speaker',
    speakers array comment 'Who speaks in it, in order',
    start_ms number comment 'Of a call',
    end_ms number comment 'Of a call',
    tokens number comment 'Context and special tokens included',
    loaded_at timestamp_ntz default sysdate() comment 'UTC'
)
comment = 'One row per chunk made. Append-only, with duplicates.';

create table if not exists SOPHIA.AI_MEMORY.ENRICHMENTS (
    document_id varchar not null comment 'Of DOCUMENTS',
    content_hash varchar not null comment 'The document as it was read',
    method varchar comment 'llm or rules: the second is weaker',
    model_version varchar comment 'Who said it',
    prompt_version varchar comment 'What it was asked',
    enrichment variant comment 'What was understood',
    dropped_claims number comment 'Said without a word of the text to prove it, and left out',
    enriched_at timestamp_ntz comment 'UTC',
    job_id varchar comment 'Which job paid for it',
    loaded_at timestamp_ntz default sysdate() comment 'UTC'
)
comment = 'One row per document understood. Append-only, with duplicates.';

use role SECURITYADMIN;

grant usage, create pipe on schema SOPHIA.AI_MEMORY to role LOADER;
grant insert, select on all tables in schema SOPHIA.AI_MEMORY to role LOADER;
grant insert, select on future tables in schema SOPHIA.AI_MEMORY to role LOADER;
grant select, delete on all tables in schema SOPHIA.AI_MEMORY to role TRANSFORMER;
grant select, delete on future tables in schema SOPHIA.AI_MEMORY to role TRANSFORMER;
