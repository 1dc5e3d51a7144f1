-- fact_data_classification_results under its short name.
-- Grain: one row a column and class.
-- Inputs: system_gold.fact_data_classification_results.
CREATE OR REPLACE VIEW system_gold.fact_data_classification (
  catalog_id COMMENT 'Identifier of the catalogue',
  table_id COMMENT 'Identifier of the table',
  latest_detected_time COMMENT 'When the class was seen last in the column (UTC)',
  first_detected_time COMMENT 'When it was seen first (UTC)',
  catalog_name COMMENT 'Catalogue of the table',
  schema_name COMMENT 'Schema of the table',
  table_name COMMENT 'Name of the table',
  column_name COMMENT 'Column with sensitive values',
  data_type COMMENT 'Type of the column',
  class_tag COMMENT 'What was found, e.g. class.email_address, class.us_ssn',
  confidence COMMENT 'How sure the detection is: HIGH or LOW',
  frequency COMMENT 'Share of the values looked at that are of the class, 0 to 1',
  samples_json COMMENT 'Examples of the values found, as a JSON list'
)
COMMENT 'Sensitive values found in columns, under a short name: one row a column and class'
TBLPROPERTIES (
  'secchi.domain' = 'security',
  'secchi.event_time' = 'latest_detected_time',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
)
AS SELECT
  f.catalog_id,
  f.table_id,
  f.latest_detected_time,
  f.first_detected_time,
  f.catalog_name,
  f.schema_name,
  f.table_name,
  f.column_name,
  f.data_type,
  f.class_tag,
  f.confidence,
  f.frequency,
  f.samples_json
FROM system_gold.fact_data_classification_results AS f;
