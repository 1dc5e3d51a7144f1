-- Jobs as they are now.
-- Grain: one row a job; key (workspace_id, job_id).
-- Inputs: system_bronze.jobs; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.dim_job (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  job_id STRING COMMENT 'Job; unique within a workspace',
  name STRING COMMENT 'Name of the job',
  creator_id STRING COMMENT 'User or service principal that created it',
  run_as STRING COMMENT 'User or service principal whose rights its runs use',
  change_time TIMESTAMP COMMENT 'When this definition came into force (UTC)',
  delete_time TIMESTAMP COMMENT 'When the object was deleted (UTC); null while it exists',
  description STRING COMMENT 'Description of the job',
  tags_json STRING COMMENT 'Tags as JSON',
  CONSTRAINT pk_dim_job PRIMARY KEY (workspace_id, job_id),
  CONSTRAINT fk_dim_job_workspace_id FOREIGN KEY (workspace_id) REFERENCES system_gold.dim_workspace (workspace_id)
)
USING DELTA
COMMENT 'Jobs as they are now: one row a job'
TBLPROPERTIES (
  'secchi.domain' = 'reliability',
  'secchi.event_time' = 'change_time',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.dim_job AS t
USING (
  WITH changed_job AS (
    SELECT DISTINCT b.workspace_id, b.job_id
    FROM system_bronze.jobs AS b
    WHERE b.bronze_ingestion_timestamp > :since
  ),
  newest_version AS (
    SELECT
      v.*,
      ROW_NUMBER() OVER (PARTITION BY v.workspace_id, v.job_id ORDER BY v.change_time DESC) AS version_rank
    FROM system_bronze.jobs AS v
    INNER JOIN changed_job AS a ON a.workspace_id <=> v.workspace_id AND a.job_id <=> v.job_id
  )
  SELECT
    b.account_id,
    b.workspace_id,
    b.job_id,
    b.name,
    b.creator_id,
    b.run_as,
    b.change_time,
    b.delete_time,
    b.description,
    TO_JSON(b.tags) AS tags_json
  FROM newest_version AS b
  WHERE b.version_rank = 1
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.job_id <=> s.job_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
