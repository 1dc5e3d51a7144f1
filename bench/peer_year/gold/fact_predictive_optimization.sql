CREATE TABLE gold.fact_predictive_optimization AS
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
  to_json(b.operation_metrics)::VARCHAR AS operation_metrics_json
FROM bronze.predictive_optimization_operations_history AS b;
