-- Pipelines as they are now.
-- Grain: one row a pipeline; key (workspace_id, pipeline_id).
-- Inputs: system_bronze.pipelines; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.dim_pipeline (
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  pipeline_id STRING COMMENT 'Pipeline',
  pipeline_type STRING COMMENT 'ETL_PIPELINE, MATERIALIZED_VIEW, STREAMING_TABLE, INGESTION_PIPELINE, INGESTION_GATEWAY, ...',
  name STRING COMMENT 'Name of the pipeline',
  created_by STRING COMMENT 'User or service principal that created it',
  run_as STRING COMMENT 'User or service principal whose rights its updates use',
  change_time TIMESTAMP COMMENT 'When this definition came into force (UTC)',
  delete_time TIMESTAMP COMMENT 'When the object was deleted (UTC); null while it exists',
  account_id STRING COMMENT 'Account that the row belongs to',
  tags_json STRING COMMENT 'Tags as JSON',
  settings_photon BOOLEAN COMMENT 'True when it runs on Photon',
  settings_development BOOLEAN COMMENT 'True in development mode',
  settings_continuous BOOLEAN COMMENT 'True when it runs continuously, false when it is triggered',
  settings_serverless BOOLEAN COMMENT 'True on serverless compute',
  settings_edition STRING COMMENT 'Edition: CORE, PRO or ADVANCED',
  settings_channel STRING COMMENT 'Channel of releases: CURRENT or PREVIEW',
  configuration_json STRING COMMENT 'Configuration as JSON',
  CONSTRAINT pk_dim_pipeline PRIMARY KEY (workspace_id, pipeline_id),
  CONSTRAINT fk_dim_pipeline_workspace_id FOREIGN KEY (workspace_id) REFERENCES system_gold.dim_workspace (workspace_id)
)
USING DELTA
COMMENT 'Pipelines as they are now: one row a pipeline'
TBLPROPERTIES (
  'secchi.domain' = 'reliability',
  'secchi.event_time' = 'change_time',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.dim_pipeline AS t
USING (
  WITH changed_pipeline AS (
    SELECT DISTINCT b.workspace_id, b.pipeline_id
    FROM system_bronze.pipelines AS b
    WHERE b.bronze_ingestion_timestamp > :since
  ),
  newest_version AS (
    SELECT
      v.*,
      ROW_NUMBER() OVER (PARTITION BY v.workspace_id, v.pipeline_id ORDER BY v.change_time DESC) AS version_rank
    FROM system_bronze.pipelines AS v
    INNER JOIN changed_pipeline AS a ON a.workspace_id <=> v.workspace_id AND a.pipeline_id <=> v.pipeline_id
  )
  SELECT
    b.workspace_id,
    b.pipeline_id,
    b.pipeline_type,
    b.name,
    b.created_by,
    b.run_as,
    b.change_time,
    b.delete_time,
    b.account_id,
    TO_JSON(b.tags) AS tags_json,
    b.settings.photon AS settings_photon,
    b.settings.development AS settings_development,
    b.settings.continuous AS settings_continuous,
    b.settings.serverless AS settings_serverless,
    b.settings.edition AS settings_edition,
    b.settings.channel AS settings_channel,
    TO_JSON(b.configuration) AS configuration_json
  FROM newest_version AS b
  WHERE b.version_rank = 1
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.pipeline_id <=> s.pipeline_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
