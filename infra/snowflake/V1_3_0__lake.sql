-- The way into the lake: a role of AWS that Snowflake may assume, and the stage that uses it. After the first run put
-- STORAGE_AWS_IAM_USER_ARN and STORAGE_AWS_EXTERNAL_ID of `desc integration SOPHIA_LAKE` into the role's trust policy.
-- Role: ACCOUNTADMIN, then SYSADMIN. Undo: drop stage SOPHIA.RAW_DATA.LAKE; drop integration SOPHIA_LAKE.
use role ACCOUNTADMIN;

create storage integration if not exists SOPHIA_LAKE
    type = external_stage
    storage_provider = 'S3'
    storage_aws_role_arn = '{{ lake_role_arn }}'
    storage_allowed_locations = ('s3://{{ lake_bucket }}/events/')
    enabled = true
    comment = 'Reads events from the lake';

grant usage on integration SOPHIA_LAKE to role SYSADMIN;

use role SYSADMIN;

create stage if not exists SOPHIA.RAW_DATA.LAKE
    url = 's3://{{ lake_bucket }}/'
    storage_integration = SOPHIA_LAKE
    comment = 'The lake; events lie under events/';
