-- Three roles, each with what it needs and no more (V1_4_0__grants.sql). Users and services are granted to them by hand.
-- Role: USERADMIN. Undo: drop role <name>.
use role USERADMIN;

create role if not exists LOADER comment = 'Owns the pipe: reads the lake, adds rows to RAW_DATA';
create role if not exists TRANSFORMER comment = 'dbt: reads RAW_DATA, builds every other schema';
create role if not exists READER comment = 'Dashboards, analysts and agents: read the marts';

grant role LOADER to role SYSADMIN;
grant role TRANSFORMER to role SYSADMIN;
grant role READER to role SYSADMIN;
