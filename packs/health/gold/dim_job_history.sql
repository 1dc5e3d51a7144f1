-- Definitions of jobs over time.
-- Grain: one row a job and period of validity; key (workspace_id, job_id, valid_from).
-- A late version corrects its neighbours: all versions of a changed object are computed again.
-- Inputs: system_bronze.jobs; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.dim_job_history (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  job_id STRING COMMENT 'Job; unique within a workspace',
  name STRING COMMENT 'Name of the job',
  creator_id STRING COMMENT 'User or service principal that created it',
  run_as STRING COMMENT 'User or service principal whose rights its runs use',
  description STRING COMMENT 'Description of the job',
  tags_json STRING COMMENT 'Tags as JSON',
  delete_time TIMESTAMP COMMENT 'When the object was deleted (UTC); null while it exists',
  valid_from TIMESTAMP COMMENT 'When this version came into force (UTC), inclusive',
  valid_to TIMESTAMP COMMENT 'When the next version came into force (UTC), exclusive; null for the newest',
  is_current BOOLEAN COMMENT 'True for the newest version',
  CONSTRAINT pk_dim_job_history PRIMARY KEY (workspace_id, job_id, valid_from),
  CONSTRAINT fk_dim_job_history_job_id FOREIGN KEY (workspace_id, job_id) REFERENCES system_gold.dim_job (workspace_id, job_id)
)
USING DELTA
COMMENT 'Definitions of jobs over time: one row a job and period of validity'
TBLPROPERTIES (
  'secchi.domain' = 'reliability',
  'secchi.event_time' = 'valid_from',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.dim_job_history AS t
USING (
  WITH changed_job AS (
    SELECT DISTINCT b.workspace_id, b.job_id
    FROM system_bronze.jobs AS b
    WHERE b.bronze_ingestion_timestamp > :since
  ),
  job_version AS (
    SELECT
      b.account_id,
      b.workspace_id,
      b.job_id,
      b.name,
      b.creator_id,
      b.run_as,
      b.description,
      TO_JSON(b.tags) AS tags_json,
      b.delete_time,
      b.change_time AS valid_from,
      LEAD(b.change_time) OVER (PARTITION BY b.workspace_id, b.job_id ORDER BY b.change_time) AS valid_to,
      ROW_NUMBER() OVER (PARTITION BY b.workspace_id, b.job_id ORDER BY b.change_time DESC) = 1 AS is_current
    FROM system_bronze.jobs AS b
    INNER JOIN changed_job AS a ON a.workspace_id <=> b.workspace_id AND a.job_id <=> b.job_id
  )
  SELECT * FROM job_version
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.job_id <=> s.job_id
  AND t.valid_from <=> s.valid_from
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
