-- Reads and writes of columns.
-- Grain: one row a source column, target column and event; key (record_id).
-- Inputs: system_bronze.column_lineage; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_column_lineage (
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
  record_id STRING COMMENT 'Identifier of the row',
  event_id STRING COMMENT 'Event that several rows may share: one statement that reads three tables writes three rows',
  statement_id STRING COMMENT 'Statement in system.query.history; null when it did not run on a SQL engine that records statements',
  entity_metadata_job_id STRING COMMENT 'Job that caused the event',
  entity_metadata_job_run_id STRING COMMENT 'Run of that job',
  entity_metadata_dashboard_id STRING COMMENT 'Dashboard that caused the event',
  entity_metadata_legacy_dashboard_id STRING COMMENT 'Legacy dashboard that caused the event',
  entity_metadata_notebook_id STRING COMMENT 'Notebook that caused the event',
  entity_metadata_sql_query_id STRING COMMENT 'Saved query that caused the event',
  entity_metadata_pipeline_id STRING COMMENT 'Pipeline that caused the event',
  entity_metadata_pipeline_update_id STRING COMMENT 'Update of that pipeline',
  CONSTRAINT pk_fact_column_lineage PRIMARY KEY (record_id),
  CONSTRAINT fk_fact_column_lineage_workspace_id FOREIGN KEY (workspace_id) REFERENCES system_gold.dim_workspace (workspace_id),
  CONSTRAINT fk_fact_column_lineage_statement_id FOREIGN KEY (statement_id) REFERENCES system_gold.fact_query_history (statement_id)
)
USING DELTA
COMMENT 'Reads and writes of columns: one row a source column, target column and event'
TBLPROPERTIES (
  'secchi.domain' = 'security',
  'secchi.event_time' = 'event_time',
  'secchi.row_of' = 'column_lineage',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_column_lineage AS t
USING (
  SELECT
    b.account_id,
    b.metastore_id,
    b.workspace_id,
    b.entity_type,
    b.entity_id,
    b.entity_run_id,
    b.source_table_full_name,
    b.source_table_catalog,
    b.source_table_schema,
    b.source_table_name,
    b.source_path,
    b.source_type,
    b.source_column_name,
    b.target_table_full_name,
    b.target_table_catalog,
    b.target_table_schema,
    b.target_table_name,
    b.target_path,
    b.target_type,
    b.target_column_name,
    b.created_by,
    b.event_time,
    b.event_date,
    b.record_id,
    b.event_id,
    b.statement_id,
    b.entity_metadata.job_info.job_id AS entity_metadata_job_id,
    b.entity_metadata.job_info.job_run_id AS entity_metadata_job_run_id,
    b.entity_metadata.dashboard_id AS entity_metadata_dashboard_id,
    b.entity_metadata.legacy_dashboard_id AS entity_metadata_legacy_dashboard_id,
    b.entity_metadata.notebook_id AS entity_metadata_notebook_id,
    b.entity_metadata.sql_query_id AS entity_metadata_sql_query_id,
    b.entity_metadata.dlt_pipeline_info.dlt_pipeline_id AS entity_metadata_pipeline_id,
    b.entity_metadata.dlt_pipeline_info.dlt_update_id AS entity_metadata_pipeline_update_id
  FROM system_bronze.column_lineage AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.record_id <=> s.record_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
