-- Materialisations of shared views and tables, as system.sharing.materialization_history gives them.
-- Grain: one row a materialisation; natural key (sharing_materialization_id), matched null-safe.
-- Input: incoming.materialization_history, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.materialization_history (
  sharing_materialization_id STRING COMMENT 'Identifier of the materialisation; natural key',
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  recipient_name STRING COMMENT 'Recipient that asked for the data',
  provider_name STRING COMMENT 'Provider that shares it',
  share_name STRING COMMENT 'Share that holds it',
  schema_name STRING COMMENT 'Schema of the table shared',
  table_name STRING COMMENT 'Table or view that was materialised',
  created_at TIMESTAMP COMMENT 'When the data was materialised (UTC)',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_materialization_history PRIMARY KEY (sharing_materialization_id)
)
USING DELTA
COMMENT 'Materialisations of shared data (system.sharing.materialization_history): one row a materialisation'
TBLPROPERTIES (
  'secchi.system_table' = 'system.sharing.materialization_history',
  'secchi.domain' = 'security',
  'secchi.event_time' = 'created_at',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.materialization_history AS t
USING incoming.materialization_history AS s
ON t.sharing_materialization_id <=> s.sharing_materialization_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
