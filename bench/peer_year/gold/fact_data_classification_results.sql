CREATE TABLE gold.fact_data_classification_results AS
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
  to_json(b.samples)::VARCHAR AS samples_json
FROM bronze.data_classification_results AS b;
