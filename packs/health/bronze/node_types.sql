-- Hardware of instance types, as system.compute.node_types gives them.
-- Grain: one row an account and instance type; natural key (account_id, node_type), matched null-safe.
-- Input: incoming.node_types, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.node_types (
  account_id STRING COMMENT 'Account that the row belongs to',
  node_type STRING COMMENT 'Instance type; natural key with the account',
  core_count DOUBLE COMMENT 'Virtual cores',
  memory_mb BIGINT COMMENT 'Memory in mebibytes',
  gpu_count BIGINT COMMENT 'GPUs',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_node_types PRIMARY KEY (account_id, node_type)
)
USING DELTA
COMMENT 'Hardware of instance types (system.compute.node_types): one row an account and instance type'
TBLPROPERTIES (
  'secchi.system_table' = 'system.compute.node_types',
  'secchi.domain' = 'performance',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.node_types AS t
USING incoming.node_types AS s
ON t.account_id <=> s.account_id
  AND t.node_type <=> s.node_type
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
