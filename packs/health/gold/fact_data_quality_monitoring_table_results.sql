-- Verdicts on freshness and completeness of tables, flattened.
-- Grain: one row a table and verdict; key (catalog_name, schema_name, table_name, event_time).
-- Lists and structs stand as JSON; most rows have no inner workings: the CASE keeps TO_JSON of their deep type away from them.
-- Inputs: system_bronze.data_quality_monitoring_table_results; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_data_quality_monitoring_table_results (
  event_time TIMESTAMP COMMENT 'When the table was judged (UTC)',
  catalog_name STRING COMMENT 'Catalogue of the table',
  schema_name STRING COMMENT 'Schema of the table',
  table_name STRING COMMENT 'Name of the table',
  catalog_id STRING COMMENT 'Identifier of the catalogue',
  schema_id STRING COMMENT 'Identifier of the schema',
  table_id STRING COMMENT 'Identifier of the table',
  status STRING COMMENT 'Verdict over all: Healthy, Unhealthy or Unknown',
  freshness_status STRING COMMENT 'Verdict on freshness',
  freshness_commit_freshness STRING COMMENT 'Last and expected commit as JSON',
  completeness_status STRING COMMENT 'Verdict on completeness',
  completeness_total_row_count STRING COMMENT 'Verdict on the total row count with its range, as JSON',
  completeness_daily_row_count STRING COMMENT 'Verdict on the daily row count with its range, as JSON',
  downstream_impact_impact_level INT COMMENT 'Level of the impact, 1 low to 4 very high',
  downstream_impact_num_downstream_tables STRING COMMENT 'Tables that read from it, as text',
  downstream_impact_num_queries_on_affected_tables STRING COMMENT 'Queries on the tables touched in the last 30 days, as text',
  root_cause_analysis_upstream_jobs STRING COMMENT 'Jobs upstream with their last run, as JSON',
  _internal_debug_info_event_freshness STRING COMMENT 'Inner workings: freshness by event time, as JSON',
  _internal_debug_info_unhealthy_groups STRING COMMENT 'Inner workings: groups of rows at fault, as JSON',
  _internal_debug_info_status_since TIMESTAMP COMMENT 'Inner workings: since when the verdict holds (UTC)',
  _internal_debug_info_is_static BOOLEAN COMMENT 'Inner workings: true when the table is not expected to change',
  _internal_debug_info_completeness STRING COMMENT 'Inner workings: history of row counts, as JSON',
  _internal_debug_info_commit_freshness STRING COMMENT 'Inner workings: history of commits, as JSON',
  _internal_debug_info_custom_sql STRING COMMENT 'Inner workings: checks in SQL of the user, as JSON',
  CONSTRAINT pk_fact_data_quality_monitoring_table_results PRIMARY KEY (catalog_name, schema_name, table_name, event_time)
)
USING DELTA
COMMENT 'Verdicts on freshness and completeness of tables: one row a table and verdict'
TBLPROPERTIES (
  'secchi.domain' = 'quality',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_data_quality_monitoring_table_results AS t
USING (
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
    TO_JSON(b.freshness.commit_freshness) AS freshness_commit_freshness,
    b.completeness.status AS completeness_status,
    TO_JSON(b.completeness.total_row_count) AS completeness_total_row_count,
    TO_JSON(b.completeness.daily_row_count) AS completeness_daily_row_count,
    b.downstream_impact.impact_level AS downstream_impact_impact_level,
    CAST(b.downstream_impact.num_downstream_tables AS STRING) AS downstream_impact_num_downstream_tables,
    CAST(b.downstream_impact.num_queries_on_affected_tables AS STRING) AS downstream_impact_num_queries_on_affected_tables,
    TO_JSON(b.root_cause_analysis.upstream_jobs) AS root_cause_analysis_upstream_jobs,
    CASE WHEN b._internal_debug_info.event_freshness IS NOT NULL THEN TO_JSON(b._internal_debug_info.event_freshness) END AS _internal_debug_info_event_freshness,
    CASE WHEN b._internal_debug_info.unhealthy_groups IS NOT NULL THEN TO_JSON(b._internal_debug_info.unhealthy_groups) END AS _internal_debug_info_unhealthy_groups,
    b._internal_debug_info.status_since AS _internal_debug_info_status_since,
    b._internal_debug_info.is_static AS _internal_debug_info_is_static,
    CASE WHEN b._internal_debug_info.completeness IS NOT NULL THEN TO_JSON(b._internal_debug_info.completeness) END AS _internal_debug_info_completeness,
    CASE WHEN b._internal_debug_info.commit_freshness IS NOT NULL THEN TO_JSON(b._internal_debug_info.commit_freshness) END AS _internal_debug_info_commit_freshness,
    CASE WHEN b._internal_debug_info.custom_sql IS NOT NULL THEN TO_JSON(b._internal_debug_info.custom_sql) END AS _internal_debug_info_custom_sql
  FROM system_bronze.data_quality_monitoring_table_results AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.catalog_name <=> s.catalog_name
  AND t.schema_name <=> s.schema_name
  AND t.table_name <=> s.table_name
  AND t.event_time <=> s.event_time
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
