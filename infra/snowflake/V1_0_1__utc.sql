-- All instants are UTC. landed_at is METADATA$START_SCAN_TIME, which a pipe writes in the account's time zone: a pipe has
-- no session whose parameter could be set.
-- Role: ACCOUNTADMIN. Undo: alter account unset timezone.
use role ACCOUNTADMIN;

alter account set timezone = 'UTC';
