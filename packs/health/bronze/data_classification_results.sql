-- Sensitive values found in columns, as system.data_classification.results gives them.
-- Grain: one row a column and class; natural key (catalog_name, schema_name, table_name, column_name, class_tag), matched null-safe.
-- Input: incoming.data_classification_results, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.data_classification_results (
  catalog_id STRING COMMENT 'Identifier of the catalogue',
  table_id STRING COMMENT 'Identifier of the table',
  latest_detected_time TIMESTAMP COMMENT 'When the class was seen last in the column (UTC)',
  first_detected_time TIMESTAMP COMMENT 'When it was seen first (UTC)',
  catalog_name STRING COMMENT 'Catalogue of the table',
  schema_name STRING COMMENT 'Schema of the table',
  table_name STRING COMMENT 'Name of the table',
  column_name STRING COMMENT 'Column with sensitive values',
  data_type STRING COMMENT 'Type of the column',
  class_tag STRING COMMENT 'What was found, e.g. class.email_address, class.us_ssn',
  samples ARRAY<STRING> COMMENT 'Examples of the values found',
  confidence STRING COMMENT 'How sure the detection is: HIGH or LOW',
  frequency DOUBLE COMMENT 'Share of the values looked at that are of the class, 0 to 1',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_data_classification_results PRIMARY KEY (catalog_name, schema_name, table_name, column_name, class_tag)
)
USING DELTA
COMMENT 'Sensitive values found in columns (system.data_classification.results): one row a column and class'
TBLPROPERTIES (
  'secchi.system_table' = 'system.data_classification.results',
  'secchi.domain' = 'security',
  'secchi.event_time' = 'latest_detected_time',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.data_classification_results AS t
USING incoming.data_classification_results AS s
ON t.catalog_name <=> s.catalog_name
  AND t.schema_name <=> s.schema_name
  AND t.table_name <=> s.table_name
  AND t.column_name <=> s.column_name
  AND t.class_tag <=> s.class_tag
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
