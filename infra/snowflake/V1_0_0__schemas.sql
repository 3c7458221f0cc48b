-- The schemas of SOPHIA. One per reader; RAW_DATA is written by the pipe alone, the others by dbt.
-- Role: SYSADMIN. Undo: drop schema SOPHIA.<name> (RAW_DATA: the lake can load it again).
use role SYSADMIN;

create schema if not exists SOPHIA.RAW_DATA comment = 'Events as they were received, append-only, with duplicates';
create schema if not exists SOPHIA.STAGING comment = 'One row per record of a source: cast, renamed, newest version';
create schema if not exists SOPHIA.ANALYTICS comment = 'Facts, dimensions and the steps between staging and marts';
create schema if not exists SOPHIA.AI_MEMORY comment = 'Documents, vectors and enrichments of language models';
create schema if not exists SOPHIA.MCP_DATA comment = 'What agents may read through the MCP server';
create schema if not exists SOPHIA.BUSINESS_INTELLIGENCE comment = 'Marts for analysts and their tools';
create schema if not exists SOPHIA.EXECUTIVE_DASHBOARD comment = 'What the dashboard shows';
create schema if not exists SOPHIA.GONG_INTELLIGENCE comment = 'Calls, transcripts and what was said in them';
create schema if not exists SOPHIA.COMPETITIVE_INTELLIGENCE comment = 'Competitors and where they are mentioned';
create schema if not exists SOPHIA.EXECUTIVE_INTELLIGENCE comment = 'KPIs and their roll-ups';
