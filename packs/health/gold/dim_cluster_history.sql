-- Configurations of clusters over time.
-- Grain: one row a cluster and period of validity; key (workspace_id, cluster_id, valid_from).
-- A late version corrects its neighbours: all versions of a changed object are computed again.
-- Inputs: system_bronze.clusters; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.dim_cluster_history (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  cluster_id STRING COMMENT 'Cluster',
  cluster_name STRING COMMENT 'Name of the cluster',
  owned_by STRING COMMENT 'Owner',
  driver_node_type STRING COMMENT 'Instance type of the driver',
  worker_node_type STRING COMMENT 'Instance type of the workers',
  worker_count BIGINT COMMENT 'Workers of a cluster of fixed size',
  min_autoscale_workers BIGINT COMMENT 'Fewest workers when autoscaling',
  max_autoscale_workers BIGINT COMMENT 'Most workers when autoscaling',
  auto_termination_minutes BIGINT COMMENT 'Idle minutes after which it stops; 0 or null: never',
  cluster_source STRING COMMENT 'Who made it: UI, API, JOB, PIPELINE, ...',
  dbr_version STRING COMMENT 'Runtime version',
  data_security_mode STRING COMMENT 'Access mode',
  policy_id STRING COMMENT 'Cluster policy',
  tags_json STRING COMMENT 'Tags as JSON',
  delete_time TIMESTAMP COMMENT 'When the object was deleted (UTC); null while it exists',
  valid_from TIMESTAMP COMMENT 'When this version came into force (UTC), inclusive',
  valid_to TIMESTAMP COMMENT 'When the next version came into force (UTC), exclusive; null for the newest',
  is_current BOOLEAN COMMENT 'True for the newest version',
  CONSTRAINT pk_dim_cluster_history PRIMARY KEY (workspace_id, cluster_id, valid_from),
  CONSTRAINT fk_dim_cluster_history_cluster_id FOREIGN KEY (workspace_id, cluster_id) REFERENCES system_gold.dim_cluster (workspace_id, cluster_id)
)
USING DELTA
COMMENT 'Configurations of clusters over time: one row a cluster and period of validity'
TBLPROPERTIES (
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'valid_from',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.dim_cluster_history AS t
USING (
  WITH changed_cluster AS (
    SELECT DISTINCT b.workspace_id, b.cluster_id
    FROM system_bronze.clusters AS b
    WHERE b.bronze_ingestion_timestamp > :since
  ),
  cluster_version AS (
    SELECT
      b.account_id,
      b.workspace_id,
      b.cluster_id,
      b.cluster_name,
      b.owned_by,
      b.driver_node_type,
      b.worker_node_type,
      b.worker_count,
      b.min_autoscale_workers,
      b.max_autoscale_workers,
      b.auto_termination_minutes,
      b.cluster_source,
      b.dbr_version,
      b.data_security_mode,
      b.policy_id,
      TO_JSON(b.tags) AS tags_json,
      b.delete_time,
      b.change_time AS valid_from,
      LEAD(b.change_time) OVER (PARTITION BY b.workspace_id, b.cluster_id ORDER BY b.change_time) AS valid_to,
      ROW_NUMBER() OVER (PARTITION BY b.workspace_id, b.cluster_id ORDER BY b.change_time DESC) = 1 AS is_current
    FROM system_bronze.clusters AS b
    INNER JOIN changed_cluster AS a ON a.workspace_id <=> b.workspace_id AND a.cluster_id <=> b.cluster_id
  )
  SELECT * FROM cluster_version
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.cluster_id <=> s.cluster_id
  AND t.valid_from <=> s.valid_from
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
