-- Maintenance of tables that the platform did by itself.
-- Grain: one row an operation; key (operation_id).
-- Inputs: system_bronze.predictive_optimization_operations_history; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_predictive_optimization (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that ran the operation',
  start_time TIMESTAMP COMMENT 'When the operation began (UTC)',
  end_time TIMESTAMP COMMENT 'When it ended (UTC)',
  metastore_name STRING COMMENT 'Name of the metastore',
  metastore_id STRING COMMENT 'Unity Catalog metastore',
  catalog_name STRING COMMENT 'Catalogue of the table',
  schema_name STRING COMMENT 'Schema of the table',
  table_name STRING COMMENT 'Table that was worked on',
  table_id STRING COMMENT 'Identifier of the table',
  operation_type STRING COMMENT 'COMPACTION, VACUUM, ANALYZE, CLUSTERING, AUTO_CLUSTERING_COLUMN_SELECTION or DATA_SKIPPING_COLUMN_SELECTION',
  operation_id STRING COMMENT 'Identifier of the operation',
  operation_status STRING COMMENT 'SUCCESSFUL, or FAILED with a reason after a colon',
  usage_unit STRING COMMENT 'Unit of usage_quantity: ESTIMATED_DBU',
  usage_quantity DECIMAL(38, 10) COMMENT 'Estimated usage of the operation, rounded to ten decimals',
  operation_metrics_json STRING COMMENT 'Numbers of the operation as JSON, name to value',
  CONSTRAINT pk_fact_predictive_optimization PRIMARY KEY (operation_id)
)
USING DELTA
COMMENT 'Automatic maintenance of tables: one row an operation'
TBLPROPERTIES (
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'start_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_predictive_optimization AS t
USING (
  SELECT
    b.account_id,
    b.workspace_id,
    b.start_time,
    b.end_time,
    b.metastore_name,
    b.metastore_id,
    b.catalog_name,
    b.schema_name,
    b.table_name,
    b.table_id,
    b.operation_type,
    b.operation_id,
    b.operation_status,
    b.usage_unit,
    CAST(b.usage_quantity AS DECIMAL(38, 10)) AS usage_quantity,
    TO_JSON(b.operation_metrics) AS operation_metrics_json
  FROM system_bronze.predictive_optimization_operations_history AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.operation_id <=> s.operation_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
