-- What GPU workers could make nothing of, so that nobody asks again (gpu_jobs/data.py): append-only, with duplicates.
-- The pipe that fills it is in R__embeddings.sql; the grants on what comes later in V1_7_0__ai_memory.sql.
-- Role: SYSADMIN. Undo: drop table SOPHIA.AI_MEMORY.REFUSALS (the lake can load it again). To have documents asked for
-- again, delete their rows.
use role SYSADMIN;

create table if not exists SOPHIA.AI_MEMORY.REFUSALS (
    document_id varchar not null comment 'Of DOCUMENTS',
    content_hash varchar not null comment 'The document as it was read; another one is asked for again',
    kind varchar not null comment 'embed or enrich',
    model_version varchar not null comment 'Whose work it was; another one is asked',
    reason varchar not null comment 'A code; the text is never repeated',
    refused_at timestamp_ntz comment 'UTC',
    job_id varchar comment 'Which job paid for it',
    loaded_at timestamp_ntz default sysdate() comment 'UTC'
)
comment = 'One row per document, kind of job and model that could make nothing of it. Append-only, with duplicates.';
