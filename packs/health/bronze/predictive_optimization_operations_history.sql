-- Maintenance of tables that the platform did by itself, as system.storage.predictive_optimization_operations_history gives them.
-- Grain: one row an operation; natural key (operation_id), matched null-safe.
-- Input: incoming.predictive_optimization_operations_history, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.predictive_optimization_operations_history (
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
  operation_id STRING COMMENT 'Identifier of the operation; natural key',
  operation_status STRING COMMENT 'SUCCESSFUL, or FAILED with a reason after a colon',
  operation_metrics MAP<STRING, STRING> COMMENT 'Numbers of the operation by name, e.g. number_of_compacted_files; which ones depends on its type',
  usage_unit STRING COMMENT 'Unit of usage_quantity: ESTIMATED_DBU',
  usage_quantity DECIMAL(38, 18) COMMENT 'Estimated usage of the operation',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_predictive_optimization_operations_history PRIMARY KEY (operation_id)
)
USING DELTA
COMMENT 'Automatic maintenance of tables (system.storage.predictive_optimization_operations_history): one row an operation'
TBLPROPERTIES (
  'secchi.system_table' = 'system.storage.predictive_optimization_operations_history',
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'start_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.predictive_optimization_operations_history AS t
USING incoming.predictive_optimization_operations_history AS s
ON t.operation_id <=> s.operation_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
