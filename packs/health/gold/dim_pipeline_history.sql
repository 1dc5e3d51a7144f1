-- Definitions of pipelines over time.
-- Grain: one row a pipeline and period of validity; key (workspace_id, pipeline_id, valid_from).
-- A late version corrects its neighbours: all versions of a changed object are computed again.
-- Inputs: system_bronze.pipelines; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.dim_pipeline_history (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  pipeline_id STRING COMMENT 'Pipeline',
  pipeline_type STRING COMMENT 'ETL_PIPELINE, MATERIALIZED_VIEW, STREAMING_TABLE, INGESTION_PIPELINE, INGESTION_GATEWAY, ...',
  name STRING COMMENT 'Name of the pipeline',
  created_by STRING COMMENT 'User or service principal that created it',
  run_as STRING COMMENT 'User or service principal whose rights its updates use',
  tags_json STRING COMMENT 'Tags as JSON',
  settings_photon BOOLEAN COMMENT 'True when it runs on Photon',
  settings_development BOOLEAN COMMENT 'True in development mode',
  settings_continuous BOOLEAN COMMENT 'True when it runs continuously, false when it is triggered',
  settings_serverless BOOLEAN COMMENT 'True on serverless compute',
  settings_edition STRING COMMENT 'Edition: CORE, PRO or ADVANCED',
  settings_channel STRING COMMENT 'Channel of releases: CURRENT or PREVIEW',
  configuration_json STRING COMMENT 'Configuration as JSON',
  delete_time TIMESTAMP COMMENT 'When the object was deleted (UTC); null while it exists',
  valid_from TIMESTAMP COMMENT 'When this version came into force (UTC), inclusive',
  valid_to TIMESTAMP COMMENT 'When the next version came into force (UTC), exclusive; null for the newest',
  is_current BOOLEAN COMMENT 'True for the newest version',
  CONSTRAINT pk_dim_pipeline_history PRIMARY KEY (workspace_id, pipeline_id, valid_from),
  CONSTRAINT fk_dim_pipeline_history_pipeline_id FOREIGN KEY (workspace_id, pipeline_id) REFERENCES system_gold.dim_pipeline (workspace_id, pipeline_id)
)
USING DELTA
COMMENT 'Definitions of pipelines over time: one row a pipeline and period of validity'
TBLPROPERTIES (
  'secchi.domain' = 'reliability',
  'secchi.event_time' = 'valid_from',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.dim_pipeline_history AS t
USING (
  WITH changed_pipeline AS (
    SELECT DISTINCT b.workspace_id, b.pipeline_id
    FROM system_bronze.pipelines AS b
    WHERE b.bronze_ingestion_timestamp > :since
  ),
  pipeline_version AS (
    SELECT
      b.account_id,
      b.workspace_id,
      b.pipeline_id,
      b.pipeline_type,
      b.name,
      b.created_by,
      b.run_as,
      TO_JSON(b.tags) AS tags_json,
      b.settings.photon AS settings_photon,
      b.settings.development AS settings_development,
      b.settings.continuous AS settings_continuous,
      b.settings.serverless AS settings_serverless,
      b.settings.edition AS settings_edition,
      b.settings.channel AS settings_channel,
      TO_JSON(b.configuration) AS configuration_json,
      b.delete_time,
      b.change_time AS valid_from,
      LEAD(b.change_time) OVER (PARTITION BY b.workspace_id, b.pipeline_id ORDER BY b.change_time) AS valid_to,
      ROW_NUMBER() OVER (PARTITION BY b.workspace_id, b.pipeline_id ORDER BY b.change_time DESC) = 1 AS is_current
    FROM system_bronze.pipelines AS b
    INNER JOIN changed_pipeline AS a ON a.workspace_id <=> b.workspace_id AND a.pipeline_id <=> b.pipeline_id
  )
  SELECT * FROM pipeline_version
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.pipeline_id <=> s.pipeline_id
  AND t.valid_from <=> s.valid_from
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
