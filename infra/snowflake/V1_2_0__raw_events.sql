-- The one raw table: every border crossing of every source. Append-only, with duplicates; staging keeps the newest.
-- The columns are the fields of events/envelope.py, plus where and when the row was loaded.
-- Role: SYSADMIN. Undo: drop table SOPHIA.RAW_DATA.EVENTS (the lake can load it again).
use role SYSADMIN;

create table if not exists SOPHIA.RAW_DATA.EVENTS (
    event_id varchar not null comment 'Deterministic: the same delivery always has the same id',
    source varchar not null comment 'The tool it comes from',
    connection_id varchar comment 'Which account of the tool',
    stream varchar not null comment 'What it is about, in the word of the vendor, singular',
    entity_id varchar comment 'Which one, in the id of the vendor',
    operation varchar comment 'upsert, partial, delete, snapshot or event',
    lane varchar comment 'webhook, pull, file, backfill or api',
    delivery_id varchar comment 'The id the vendor gave the delivery',
    occurred_at timestamp_ntz comment 'When it happened, UTC',
    source_updated_at timestamp_ntz comment 'The version clock of the vendor, UTC: decides what is newest',
    source_version varchar comment 'Breaks ties of source_updated_at',
    received_at timestamp_ntz comment 'When it reached us, UTC',
    batch_id varchar comment 'The pull or file it came in',
    batch_complete boolean comment 'True when the batch listed everything there is',
    payload variant comment 'What the vendor sent',
    body_sha256 varchar comment 'Of the exact bytes received',
    trace_id varchar comment 'From log line to row',
    envelope_version number comment 'Of events/envelope.py',
    object_key varchar comment 'The object of the lake it was loaded from',
    landed_at timestamp_ntz comment 'When it was loaded, UTC'
)
cluster by (source, stream, to_date(received_at))
comment = 'One row per event received. Append-only, with duplicates.';
