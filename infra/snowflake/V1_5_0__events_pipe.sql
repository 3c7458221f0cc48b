-- Loads each object of the lake when S3 says it is there. After the first run point the bucket's notifications at
-- notification_channel of `desc pipe SOPHIA.RAW_DATA.EVENTS_PIPE`.
-- The stand-in on a laptop (infra/local/snowpipe) reads this very COPY from the pipe.
-- Role: LOADER. Undo: drop pipe SOPHIA.RAW_DATA.EVENTS_PIPE (no loaded row is lost).
use role LOADER;

create pipe if not exists SOPHIA.RAW_DATA.EVENTS_PIPE
    auto_ingest = true
    comment = 'Events of the lake to RAW_DATA.EVENTS'
as
copy into SOPHIA.RAW_DATA.EVENTS
from @SOPHIA.RAW_DATA.LAKE/events/
file_format = (type = json)
match_by_column_name = case_insensitive
include_metadata = (object_key = metadata$filename, landed_at = metadata$start_scan_time);
