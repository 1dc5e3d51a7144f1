-- Verdicts on freshness and completeness of tables, as system.data_quality_monitoring.table_results gives them.
-- Grain: one row a table and verdict; natural key (catalog_name, schema_name, table_name, event_time), matched null-safe.
-- Input: incoming.data_quality_monitoring_table_results, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.data_quality_monitoring_table_results (
  event_time TIMESTAMP COMMENT 'When the table was judged (UTC)',
  catalog_name STRING COMMENT 'Catalogue of the table',
  schema_name STRING COMMENT 'Schema of the table',
  table_name STRING COMMENT 'Name of the table',
  catalog_id STRING COMMENT 'Identifier of the catalogue',
  schema_id STRING COMMENT 'Identifier of the schema',
  table_id STRING COMMENT 'Identifier of the table',
  status STRING COMMENT 'Verdict over all: Healthy, Unhealthy or Unknown',
  freshness STRUCT<
    status: STRING,
    commit_freshness: STRUCT<status: STRING, error_code: STRING, last_value: TIMESTAMP, predicted_value: TIMESTAMP>> COMMENT 'Whether the table is as new as it should be: verdict, and last and expected commit',
  completeness STRUCT<
    status: STRING,
    total_row_count: STRUCT<
      status: STRING,
      error_code: STRING,
      last_value: BIGINT,
      min_predicted_value: BIGINT,
      max_predicted_value: BIGINT>,
    daily_row_count: STRUCT<
      status: STRING,
      error_code: STRING,
      last_value: BIGINT,
      min_predicted_value: BIGINT,
      max_predicted_value: BIGINT>> COMMENT 'Whether it has as many rows as it should: verdict, and total and daily row counts with the range expected',
  downstream_impact STRUCT<impact_level: INT, num_downstream_tables: BIGINT, num_queries_on_affected_tables: BIGINT> COMMENT 'What a fault touches: level from 1 to 4, tables that read from it, queries on them',
  root_cause_analysis STRUCT<
    upstream_jobs: ARRAY<STRUCT<
      job_id: STRING,
      workspace_id: STRING,
      job_name: STRING,
      last_run_status: STRING,
      run_page_url: STRING>>> COMMENT 'Jobs upstream that may be the cause',
  _internal_debug_info STRUCT<
    event_freshness: STRUCT<
      status: STRING,
      error_code: STRING,
      last_event_value: TIMESTAMP,
      predicted_event_value: TIMESTAMP,
      last_event_latency_seconds: BIGINT,
      predicted_event_latency_seconds: BIGINT,
      event_column: STRING>,
    unhealthy_groups: ARRAY<STRUCT<`group`: MAP<STRING, STRING>>>,
    status_since: TIMESTAMP,
    is_static: BOOLEAN,
    completeness: STRUCT<historical_row_count: ARRAY<STRUCT<`timestamp`: TIMESTAMP, row_count: BIGINT>>>,
    commit_freshness: STRUCT<
      commit_history: ARRAY<STRUCT<
        version: STRING,
        `timestamp`: TIMESTAMP,
        operation: STRING,
        operation_metrics: MAP<STRING, STRING>>>>,
    custom_sql: ARRAY<STRUCT<
      name: STRING,
      column_vars: MAP<STRING, STRING>,
      sql_query: STRING,
      actual_value: DOUBLE,
      status: STRING,
      violation_type: STRING,
      predicted_lower_bound: DOUBLE,
      predicted_upper_bound: DOUBLE,
      error_code: STRING,
      _internal: STRUCT<
        history: ARRAY<STRUCT<`timestamp`: TIMESTAMP, value: DOUBLE>>,
        model_selection: MAP<STRING, STRING>>>>> COMMENT 'Inner workings of the verdict; may change at any time',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_data_quality_monitoring_table_results PRIMARY KEY (catalog_name, schema_name, table_name, event_time)
)
USING DELTA
COMMENT 'Verdicts on freshness and completeness of tables (system.data_quality_monitoring.table_results): one row a table and verdict'
TBLPROPERTIES (
  'secchi.system_table' = 'system.data_quality_monitoring.table_results',
  'secchi.domain' = 'quality',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.data_quality_monitoring_table_results AS t
USING incoming.data_quality_monitoring_table_results AS s
ON t.catalog_name <=> s.catalog_name
  AND t.schema_name <=> s.schema_name
  AND t.table_name <=> s.table_name
  AND t.event_time <=> s.event_time
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
