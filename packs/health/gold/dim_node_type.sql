-- Hardware of instance types.
-- Grain: one row an instance type; key (node_type).
-- Inputs: system_bronze.node_types; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.dim_node_type (
  account_id STRING COMMENT 'Account that the row belongs to',
  node_type STRING COMMENT 'Instance type',
  core_count DOUBLE COMMENT 'Virtual cores',
  memory_mb BIGINT COMMENT 'Memory in mebibytes',
  gpu_count BIGINT COMMENT 'GPUs',
  CONSTRAINT pk_dim_node_type PRIMARY KEY (node_type)
)
USING DELTA
COMMENT 'Hardware of instance types: one row an instance type'
TBLPROPERTIES (
  'secchi.domain' = 'performance',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.dim_node_type AS t
USING (
  WITH changed_node_type AS (
    SELECT DISTINCT b.node_type
    FROM system_bronze.node_types AS b
    WHERE b.bronze_ingestion_timestamp > :since
  ),
  newest_version AS (
    SELECT
      v.*,
      ROW_NUMBER() OVER (PARTITION BY v.node_type ORDER BY v.bronze_source_file DESC, v.bronze_source_seq DESC, v.account_id DESC) AS version_rank
    FROM system_bronze.node_types AS v
    INNER JOIN changed_node_type AS a ON a.node_type <=> v.node_type
  )
  SELECT
    b.account_id,
    b.node_type,
    b.core_count,
    b.memory_mb,
    b.gpu_count
  FROM newest_version AS b
  WHERE b.version_rank = 1
) AS s
ON t.node_type <=> s.node_type
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
