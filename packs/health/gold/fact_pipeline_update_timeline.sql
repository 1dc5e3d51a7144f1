-- Updates of pipelines.
-- Grain: one row an update; key (workspace_id, update_id). The input has a row for each hour of an update: the last slice alone would tell a wrong start and duration,
-- any other no outcome. An update that runs is neither success nor failure.
-- A changed slice has its whole update computed again. Inputs: system_bronze.pipeline_update_timeline; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_pipeline_update_timeline (
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  pipeline_id STRING COMMENT 'Pipeline that was updated',
  update_id STRING COMMENT 'Update of the pipeline',
  update_type STRING COMMENT 'REFRESH, FULL_REFRESH or VALIDATE',
  request_id STRING COMMENT 'Request that asked for it; the retries of an update share it',
  run_as_user_name STRING COMMENT 'User or service principal whose rights it used',
  trigger_type STRING COMMENT 'What started it: JOB_TASK, USER_ACTION, API_CALL, SCHEMA_CHANGE, SERVICE_UPGRADE, RETRY_ON_FAILURE, ...',
  result_state STRING COMMENT 'COMPLETED, FAILED or CANCELED; null while it runs',
  period_start_time TIMESTAMP COMMENT 'Start of the update (UTC)',
  period_end_time TIMESTAMP COMMENT 'End of the update, so far while it runs (UTC)',
  account_id STRING COMMENT 'Account that the row belongs to',
  trigger_details_job_task STRING COMMENT 'Job and run of the task that started it, as JSON',
  compute_type STRING COMMENT 'SERVERLESS or CLASSIC compute',
  compute_cluster_id STRING COMMENT 'Cluster that ran it; null on serverless compute',
  refresh_selection_json STRING COMMENT 'Tables that were asked to be refreshed, as JSON; empty: all',
  full_refresh_selection_json STRING COMMENT 'Tables that were asked to be computed anew, as JSON',
  reset_checkpoint_selection_json STRING COMMENT 'Streaming flows whose checkpoints were cleared, as JSON',
  update_date DATE COMMENT 'UTC day of the start',
  update_duration_seconds BIGINT COMMENT 'Whole seconds from start to end, so far while it runs',
  is_success BOOLEAN COMMENT 'True when it completed, false when it ended otherwise, null while it runs',
  CONSTRAINT pk_fact_pipeline_update_timeline PRIMARY KEY (workspace_id, update_id),
  CONSTRAINT fk_fact_pipeline_update_timeline_pipeline_id FOREIGN KEY (workspace_id, pipeline_id) REFERENCES system_gold.dim_pipeline (workspace_id, pipeline_id),
  CONSTRAINT fk_fact_pipeline_update_timeline_compute_cluster_id FOREIGN KEY (workspace_id, compute_cluster_id) REFERENCES system_gold.dim_cluster (workspace_id, cluster_id)
)
USING DELTA
COMMENT 'Updates of pipelines with their true start, end and outcome: one row an update, over all its hourly slices'
TBLPROPERTIES (
  'secchi.domain' = 'reliability',
  'secchi.event_time' = 'period_start_time',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_pipeline_update_timeline AS t
USING (
  WITH changed_update AS (
    SELECT DISTINCT b.workspace_id, b.update_id
    FROM system_bronze.pipeline_update_timeline AS b
    WHERE b.bronze_ingestion_timestamp > :since
  ),
  slice AS (
    SELECT
      b.*,
      ROW_NUMBER() OVER (PARTITION BY b.workspace_id, b.update_id ORDER BY b.period_start_time) AS slice_number,
      ROW_NUMBER() OVER (PARTITION BY b.workspace_id, b.update_id ORDER BY b.period_start_time DESC) AS slice_from_end
    FROM system_bronze.pipeline_update_timeline AS b
    INNER JOIN changed_update AS a ON a.workspace_id <=> b.workspace_id AND a.update_id <=> b.update_id
  ),
  -- The last slice tells how the update ended; what else an update has is taken from its newest slice that knows it.
  pipeline_update AS (
    SELECT
      b.workspace_id,
      b.update_id,
      MAX_BY(b.account_id, b.slice_number) FILTER (WHERE b.account_id IS NOT NULL) AS account_id,
      MAX_BY(b.pipeline_id, b.slice_number) FILTER (WHERE b.pipeline_id IS NOT NULL) AS pipeline_id,
      MAX_BY(b.update_type, b.slice_number) FILTER (WHERE b.update_type IS NOT NULL) AS update_type,
      MAX_BY(b.request_id, b.slice_number) FILTER (WHERE b.request_id IS NOT NULL) AS request_id,
      MAX_BY(b.run_as_user_name, b.slice_number) FILTER (WHERE b.run_as_user_name IS NOT NULL) AS run_as_user_name,
      MAX_BY(b.trigger_type, b.slice_number) FILTER (WHERE b.trigger_type IS NOT NULL) AS trigger_type,
      MAX_BY(b.trigger_details, b.slice_number) FILTER (WHERE b.trigger_details IS NOT NULL) AS trigger_details,
      MAX_BY(b.compute, b.slice_number) FILTER (WHERE b.compute IS NOT NULL) AS compute,
      MAX_BY(b.refresh_selection, b.slice_number) FILTER (WHERE b.refresh_selection IS NOT NULL) AS refresh_selection,
      MAX_BY(b.full_refresh_selection, b.slice_number) FILTER (WHERE b.full_refresh_selection IS NOT NULL) AS full_refresh_selection,
      MAX_BY(b.reset_checkpoint_selection, b.slice_number) FILTER (WHERE b.reset_checkpoint_selection IS NOT NULL) AS reset_checkpoint_selection,
      MIN(b.period_start_time) AS period_start_time,
      MAX(CASE WHEN b.slice_from_end = 1 THEN b.result_state END) AS result_state,
      CASE WHEN MAX(CASE WHEN b.slice_from_end = 1 THEN b.period_end_time END) IS NOT NULL THEN MAX(b.period_end_time) END AS period_end_time
    FROM slice AS b
    GROUP BY b.workspace_id, b.update_id
  )
  SELECT
    u.workspace_id,
    u.pipeline_id,
    u.update_id,
    u.update_type,
    u.request_id,
    u.run_as_user_name,
    u.trigger_type,
    u.result_state,
    u.period_start_time,
    u.period_end_time,
    u.account_id,
    TO_JSON(u.trigger_details.job_task) AS trigger_details_job_task,
    u.compute.type AS compute_type,
    u.compute.cluster_id AS compute_cluster_id,
    TO_JSON(u.refresh_selection) AS refresh_selection_json,
    TO_JSON(u.full_refresh_selection) AS full_refresh_selection_json,
    TO_JSON(u.reset_checkpoint_selection) AS reset_checkpoint_selection_json,
    CAST(u.period_start_time AS DATE) AS update_date,
    TIMESTAMPDIFF(SECOND, u.period_start_time, u.period_end_time) AS update_duration_seconds,
    CASE WHEN u.result_state IS NOT NULL THEN u.result_state = 'COMPLETED' END AS is_success
  FROM pipeline_update AS u
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.update_id <=> s.update_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
