-- How long ago each gold table was changed, and how many rows it has.
-- Grain: one row a gold table; views are left out, they are as fresh as their tables.
-- information_schema knows no numbers of rows, so the gold tables are counted, which engines answer from their metadata; a gold table that this list does not
-- name, of another pack, has none. Hours have a fraction: a table of 24 hours and 30 minutes is beyond 24 hours.
CREATE OR REPLACE FUNCTION get_table_freshness(
  freshness_threshold_hours INT DEFAULT 24 COMMENT 'Hours since the last change above which a table is stale'
)
RETURNS TABLE (
  table_catalog STRING COMMENT 'Catalogue',
  table_schema STRING COMMENT 'Schema: that of the gold tables',
  table_name STRING COMMENT 'Table',
  last_modified TIMESTAMP COMMENT 'When the table was last changed (UTC)',
  hours_since_update DOUBLE COMMENT 'Hours from then to now',
  is_stale BOOLEAN COMMENT 'True when hours_since_update is above freshness_threshold_hours',
  row_count BIGINT COMMENT 'Rows in the table; null for tables that the pack health does not ship'
)
COMMENT 'PURPOSE: Age of every gold table: when it was last changed, hours since, whether that is stale, and its number of rows.
BEST FOR: How fresh are the monitoring tables? | When was fact_usage last refreshed? | Which gold tables are empty?
NOT FOR: stale tables alone with severity (use get_tables_failing_quality), use of the tables of the lakehouse (use get_table_activity_status)
RETURNS: one row per gold table, the longest unchanged first
EXAMPLE: SELECT * FROM get_table_freshness(freshness_threshold_hours => 12)'
RETURN
  WITH gold_rows AS (
    SELECT 'dim_cluster' AS table_name, COUNT(*) AS row_count FROM dim_cluster
    UNION ALL SELECT 'dim_cluster_history', COUNT(*) FROM dim_cluster_history
    UNION ALL SELECT 'dim_experiment', COUNT(*) FROM dim_experiment
    UNION ALL SELECT 'dim_job', COUNT(*) FROM dim_job
    UNION ALL SELECT 'dim_job_history', COUNT(*) FROM dim_job_history
    UNION ALL SELECT 'dim_job_task', COUNT(*) FROM dim_job_task
    UNION ALL SELECT 'dim_node_type', COUNT(*) FROM dim_node_type
    UNION ALL SELECT 'dim_pipeline', COUNT(*) FROM dim_pipeline
    UNION ALL SELECT 'dim_pipeline_history', COUNT(*) FROM dim_pipeline_history
    UNION ALL SELECT 'dim_served_entities', COUNT(*) FROM dim_served_entities
    UNION ALL SELECT 'dim_sku', COUNT(*) FROM dim_sku
    UNION ALL SELECT 'dim_user', COUNT(*) FROM dim_user
    UNION ALL SELECT 'dim_warehouse', COUNT(*) FROM dim_warehouse
    UNION ALL SELECT 'dim_warehouse_history', COUNT(*) FROM dim_warehouse_history
    UNION ALL SELECT 'dim_workspace', COUNT(*) FROM dim_workspace
    UNION ALL SELECT 'fact_account_prices', COUNT(*) FROM fact_account_prices
    UNION ALL SELECT 'fact_assistant_events', COUNT(*) FROM fact_assistant_events
    UNION ALL SELECT 'fact_audit_logs', COUNT(*) FROM fact_audit_logs
    UNION ALL SELECT 'fact_clean_room_events', COUNT(*) FROM fact_clean_room_events
    UNION ALL SELECT 'fact_column_lineage', COUNT(*) FROM fact_column_lineage
    UNION ALL SELECT 'fact_data_classification_results', COUNT(*) FROM fact_data_classification_results
    UNION ALL SELECT 'fact_data_quality_monitoring_table_results', COUNT(*) FROM fact_data_quality_monitoring_table_results
    UNION ALL SELECT 'fact_endpoint_usage', COUNT(*) FROM fact_endpoint_usage
    UNION ALL SELECT 'fact_inbound_network', COUNT(*) FROM fact_inbound_network
    UNION ALL SELECT 'fact_job_run_timeline', COUNT(*) FROM fact_job_run_timeline
    UNION ALL SELECT 'fact_job_task_run_timeline', COUNT(*) FROM fact_job_task_run_timeline
    UNION ALL SELECT 'fact_list_prices', COUNT(*) FROM fact_list_prices
    UNION ALL SELECT 'fact_listing_access', COUNT(*) FROM fact_listing_access
    UNION ALL SELECT 'fact_listing_funnel', COUNT(*) FROM fact_listing_funnel
    UNION ALL SELECT 'fact_mlflow_run_metrics_history', COUNT(*) FROM fact_mlflow_run_metrics_history
    UNION ALL SELECT 'fact_mlflow_runs', COUNT(*) FROM fact_mlflow_runs
    UNION ALL SELECT 'fact_node_timeline', COUNT(*) FROM fact_node_timeline
    UNION ALL SELECT 'fact_outbound_network', COUNT(*) FROM fact_outbound_network
    UNION ALL SELECT 'fact_payload_logs', COUNT(*) FROM fact_payload_logs
    UNION ALL SELECT 'fact_pipeline_update_timeline', COUNT(*) FROM fact_pipeline_update_timeline
    UNION ALL SELECT 'fact_predictive_optimization', COUNT(*) FROM fact_predictive_optimization
    UNION ALL SELECT 'fact_query_history', COUNT(*) FROM fact_query_history
    UNION ALL SELECT 'fact_table_lineage', COUNT(*) FROM fact_table_lineage
    UNION ALL SELECT 'fact_usage', COUNT(*) FROM fact_usage
    UNION ALL SELECT 'fact_warehouse_events', COUNT(*) FROM fact_warehouse_events
  ),
  gold_table AS (
    SELECT
      t.table_catalog,
      t.table_schema,
      t.table_name,
      t.last_altered,
      CAST(TIMESTAMPDIFF(SECOND, t.last_altered, CURRENT_TIMESTAMP()) AS DOUBLE) / 3600 AS hours_since_update
    FROM information_schema.tables AS t
    WHERE t.table_schema = 'system_gold' AND t.table_type = 'MANAGED'
  )
  SELECT
    g.table_catalog,
    g.table_schema,
    g.table_name,
    g.last_altered AS last_modified,
    g.hours_since_update,
    g.hours_since_update > freshness_threshold_hours AS is_stale,
    r.row_count
  FROM gold_table AS g
  LEFT JOIN gold_rows AS r ON r.table_name = g.table_name
  ORDER BY hours_since_update DESC, table_name;
