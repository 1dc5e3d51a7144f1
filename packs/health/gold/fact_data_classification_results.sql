-- Sensitive values found in columns.
-- Grain: one row a column and class; key (catalog_name, schema_name, table_name, column_name, class_tag).
-- Inputs: system_bronze.data_classification_results; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_data_classification_results (
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
  confidence STRING COMMENT 'How sure the detection is: HIGH or LOW',
  frequency DOUBLE COMMENT 'Share of the values looked at that are of the class, 0 to 1',
  samples_json STRING COMMENT 'Examples of the values found, as a JSON list',
  CONSTRAINT pk_fact_data_classification_results PRIMARY KEY (catalog_name, schema_name, table_name, column_name, class_tag)
)
USING DELTA
COMMENT 'Sensitive values found in columns: one row a column and class'
TBLPROPERTIES (
  'secchi.domain' = 'security',
  'secchi.event_time' = 'latest_detected_time',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_data_classification_results AS t
USING (
  SELECT
    b.catalog_id,
    b.table_id,
    b.latest_detected_time,
    b.first_detected_time,
    b.catalog_name,
    b.schema_name,
    b.table_name,
    b.column_name,
    b.data_type,
    b.class_tag,
    b.confidence,
    b.frequency,
    TO_JSON(b.samples) AS samples_json
  FROM system_bronze.data_classification_results AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.catalog_name <=> s.catalog_name
  AND t.schema_name <=> s.schema_name
  AND t.table_name <=> s.table_name
  AND t.column_name <=> s.column_name
  AND t.class_tag <=> s.class_tag
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
