CREATE TABLE gold.fact_data_quality_monitoring_table_results AS
SELECT
  b.event_time,
  b.catalog_name,
  b.schema_name,
  b.table_name,
  b.catalog_id,
  b.schema_id,
  b.table_id,
  b.status,
  b.freshness.status AS freshness_status,
  CASE WHEN b.freshness.commit_freshness IS NOT NULL THEN json_of({
    'status': b.freshness.commit_freshness.status,
    'error_code': b.freshness.commit_freshness.error_code,
    'last_value': json_time(b.freshness.commit_freshness.last_value),
    'predicted_value': json_time(b.freshness.commit_freshness.predicted_value)
  }) END AS freshness_commit_freshness,
  b.completeness.status AS completeness_status,
  json_of(b.completeness.total_row_count) AS completeness_total_row_count,
  json_of(b.completeness.daily_row_count) AS completeness_daily_row_count,
  b.downstream_impact.impact_level AS downstream_impact_impact_level,
  b.downstream_impact.num_downstream_tables::VARCHAR AS downstream_impact_num_downstream_tables,
  b.downstream_impact.num_queries_on_affected_tables::VARCHAR AS downstream_impact_num_queries_on_affected_tables,
  json_list_of(b.root_cause_analysis.upstream_jobs) AS root_cause_analysis_upstream_jobs,
  CASE WHEN b._internal_debug_info.event_freshness IS NOT NULL THEN json_of({
    'status': b._internal_debug_info.event_freshness.status,
    'error_code': b._internal_debug_info.event_freshness.error_code,
    'last_event_value': json_time(b._internal_debug_info.event_freshness.last_event_value),
    'predicted_event_value': json_time(b._internal_debug_info.event_freshness.predicted_event_value),
    'last_event_latency_seconds': b._internal_debug_info.event_freshness.last_event_latency_seconds,
    'predicted_event_latency_seconds': b._internal_debug_info.event_freshness.predicted_event_latency_seconds,
    'event_column': b._internal_debug_info.event_freshness.event_column
  }) END AS _internal_debug_info_event_freshness,
  json_list_of(b._internal_debug_info.unhealthy_groups) AS _internal_debug_info_unhealthy_groups,
  b._internal_debug_info.status_since AS _internal_debug_info_status_since,
  b._internal_debug_info.is_static AS _internal_debug_info_is_static,
  json_of(b._internal_debug_info.completeness) AS _internal_debug_info_completeness,
  to_json(b._internal_debug_info.commit_freshness)::VARCHAR AS _internal_debug_info_commit_freshness,
  json_list_of(b._internal_debug_info.custom_sql) AS _internal_debug_info_custom_sql
FROM bronze.data_quality_monitoring_table_results AS b;
