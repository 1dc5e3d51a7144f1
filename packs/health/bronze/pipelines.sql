-- Definitions of pipelines with their history, as system.lakeflow.pipelines gives them.
-- Grain: one row a pipeline and change; natural key (workspace_id, pipeline_id, change_time), matched null-safe.
-- Input: incoming.pipelines, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.pipelines (
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  pipeline_id STRING COMMENT 'Pipeline',
  pipeline_type STRING COMMENT 'ETL_PIPELINE, MATERIALIZED_VIEW, STREAMING_TABLE, INGESTION_PIPELINE, INGESTION_GATEWAY, ...',
  name STRING COMMENT 'Name of the pipeline',
  created_by STRING COMMENT 'User or service principal that created it',
  run_as STRING COMMENT 'User or service principal whose rights its updates use',
  tags MAP<STRING, STRING> COMMENT 'Custom tags',
  settings STRUCT<
    photon: BOOLEAN,
    development: BOOLEAN,
    continuous: BOOLEAN,
    serverless: BOOLEAN,
    edition: STRING,
    channel: STRING> COMMENT 'Photon, development mode, continuous, serverless, edition and channel',
  configuration MAP<STRING, STRING> COMMENT 'Configuration of the pipeline by name',
  change_time TIMESTAMP COMMENT 'When this version of the configuration came into force (UTC); rows of one object form its history',
  delete_time TIMESTAMP COMMENT 'When the object was deleted (UTC); null while it exists',
  account_id STRING COMMENT 'Account that the row belongs to',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_pipelines PRIMARY KEY (workspace_id, pipeline_id, change_time)
)
USING DELTA
COMMENT 'Definitions of pipelines with their history (system.lakeflow.pipelines): one row a pipeline and change'
TBLPROPERTIES (
  'secchi.system_table' = 'system.lakeflow.pipelines',
  'secchi.domain' = 'reliability',
  'secchi.event_time' = 'change_time',
  'secchi.describes' = 'true',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.pipelines AS t
USING incoming.pipelines AS s
ON t.workspace_id <=> s.workspace_id
  AND t.pipeline_id <=> s.pipeline_id
  AND t.change_time <=> s.change_time
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
