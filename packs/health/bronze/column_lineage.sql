-- Reads and writes of columns, as system.access.column_lineage gives them.
-- Grain: one row a source column, target column and event; natural key (record_id), matched null-safe.
-- Input: incoming.column_lineage, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.column_lineage (
  account_id STRING COMMENT 'Account that the row belongs to',
  metastore_id STRING COMMENT 'Unity Catalog metastore',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  entity_type STRING COMMENT 'What caused the event: JOB, NOTEBOOK, PIPELINE, DASHBOARD_V3, DBSQL_QUERY; null for an ad hoc statement',
  entity_id STRING COMMENT 'Identifier of the entity, to be joined with the table of its type',
  entity_run_id STRING COMMENT 'Run of the entity: job run, pipeline update; the statement for queries',
  source_table_full_name STRING COMMENT 'catalog.schema.table that was read; null for a path',
  source_table_catalog STRING COMMENT 'Catalogue of the table read',
  source_table_schema STRING COMMENT 'Schema of the table read',
  source_table_name STRING COMMENT 'Name of the table read',
  source_path STRING COMMENT 'Storage location read, for access by path',
  source_type STRING COMMENT 'TABLE, PATH, VIEW, MATERIALIZED_VIEW, METRIC_VIEW or STREAMING_TABLE',
  source_column_name STRING COMMENT 'Column read',
  target_table_full_name STRING COMMENT 'catalog.schema.table that was written; null for a pure read',
  target_table_catalog STRING COMMENT 'Catalogue of the table written',
  target_table_schema STRING COMMENT 'Schema of the table written',
  target_table_name STRING COMMENT 'Name of the table written',
  target_path STRING COMMENT 'Storage location written, for access by path',
  target_type STRING COMMENT 'TABLE, PATH, VIEW, MATERIALIZED_VIEW, METRIC_VIEW or STREAMING_TABLE',
  target_column_name STRING COMMENT 'Column written',
  created_by STRING COMMENT 'User or service principal that caused the event',
  event_time TIMESTAMP COMMENT 'When the read or write happened (UTC)',
  event_date DATE COMMENT 'UTC day of event_time',
  record_id STRING COMMENT 'Identifier of the row; natural key',
  event_id STRING COMMENT 'Event that several rows may share: one statement that reads three tables writes three rows',
  statement_id STRING COMMENT 'Statement in system.query.history; null when it did not run on a SQL engine that records statements',
  entity_metadata STRUCT<
    job_info: STRUCT<job_id: STRING, job_run_id: STRING>,
    dashboard_id: STRING,
    legacy_dashboard_id: STRING,
    notebook_id: STRING,
    sql_query_id: STRING,
    dlt_pipeline_info: STRUCT<dlt_pipeline_id: STRING, dlt_update_id: STRING>> COMMENT 'Job, dashboard, notebook, query or pipeline that caused the event',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_column_lineage PRIMARY KEY (record_id)
)
USING DELTA
COMMENT 'Reads and writes of columns (system.access.column_lineage): one row a source column, target column and event'
TBLPROPERTIES (
  'secchi.system_table' = 'system.access.column_lineage',
  'secchi.domain' = 'security',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.column_lineage AS t
USING incoming.column_lineage AS s
ON t.record_id <=> s.record_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
