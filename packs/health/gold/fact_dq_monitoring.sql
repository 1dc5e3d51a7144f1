-- fact_data_quality_monitoring_table_results under its short name.
-- Grain: one row a table and verdict.
-- Inputs: system_gold.fact_data_quality_monitoring_table_results.
CREATE OR REPLACE VIEW system_gold.fact_dq_monitoring (
  event_time COMMENT 'When the table was judged (UTC)',
  catalog_name COMMENT 'Catalogue of the table',
  schema_name COMMENT 'Schema of the table',
  table_name COMMENT 'Name of the table',
  catalog_id COMMENT 'Identifier of the catalogue',
  schema_id COMMENT 'Identifier of the schema',
  table_id COMMENT 'Identifier of the table',
  status COMMENT 'Verdict over all: Healthy, Unhealthy or Unknown',
  freshness_status COMMENT 'Verdict on freshness',
  freshness_commit_freshness COMMENT 'Last and expected commit as JSON',
  completeness_status COMMENT 'Verdict on completeness',
  completeness_total_row_count COMMENT 'Verdict on the total row count with its range, as JSON',
  completeness_daily_row_count COMMENT 'Verdict on the daily row count with its range, as JSON',
  downstream_impact_impact_level COMMENT 'Level of the impact, 1 low to 4 very high',
  downstream_impact_num_downstream_tables COMMENT 'Tables that read from it, as text',
  downstream_impact_num_queries_on_affected_tables COMMENT 'Queries on the tables touched in the last 30 days, as text',
  root_cause_analysis_upstream_jobs COMMENT 'Jobs upstream with their last run, as JSON',
  _internal_debug_info_event_freshness COMMENT 'Inner workings: freshness by event time, as JSON',
  _internal_debug_info_unhealthy_groups COMMENT 'Inner workings: groups of rows at fault, as JSON',
  _internal_debug_info_status_since COMMENT 'Inner workings: since when the verdict holds (UTC)',
  _internal_debug_info_is_static COMMENT 'Inner workings: true when the table is not expected to change',
  _internal_debug_info_completeness COMMENT 'Inner workings: history of row counts, as JSON',
  _internal_debug_info_commit_freshness COMMENT 'Inner workings: history of commits, as JSON',
  _internal_debug_info_custom_sql COMMENT 'Inner workings: checks in SQL of the user, as JSON'
)
COMMENT 'Verdicts on freshness and completeness of tables, under a short name: one row a table and verdict'
TBLPROPERTIES (
  'secchi.domain' = 'quality',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
)
AS SELECT
  f.event_time,
  f.catalog_name,
  f.schema_name,
  f.table_name,
  f.catalog_id,
  f.schema_id,
  f.table_id,
  f.status,
  f.freshness_status,
  f.freshness_commit_freshness,
  f.completeness_status,
  f.completeness_total_row_count,
  f.completeness_daily_row_count,
  f.downstream_impact_impact_level,
  f.downstream_impact_num_downstream_tables,
  f.downstream_impact_num_queries_on_affected_tables,
  f.root_cause_analysis_upstream_jobs,
  f._internal_debug_info_event_freshness,
  f._internal_debug_info_unhealthy_groups,
  f._internal_debug_info_status_since,
  f._internal_debug_info_is_static,
  f._internal_debug_info_completeness,
  f._internal_debug_info_commit_freshness,
  f._internal_debug_info_custom_sql
FROM system_gold.fact_data_quality_monitoring_table_results AS f;
