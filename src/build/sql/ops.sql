-- What was loaded, when, with what result: written in the transactions of the data itself.

CREATE TABLE IF NOT EXISTS secchi_ops.run (
  run_id BIGINT COMMENT 'Number of the run',
  kind STRING COMMENT 'setup or refresh',
  state STRING COMMENT 'running, succeeded, partial, failed, cancelled or interrupted',
  started_at TIMESTAMP COMMENT 'When it began (UTC)',
  ended_at TIMESTAMP COMMENT 'When it ended (UTC); null while it runs',
  as_of TIMESTAMP COMMENT 'The time that the run took for now (UTC)',
  full_build BOOLEAN COMMENT 'True when gold was built from all of bronze',
  error STRING COMMENT 'Why it failed'
)
USING DELTA
COMMENT 'Refreshes: one row a run';

CREATE TABLE IF NOT EXISTS secchi_ops.step (
  run_id BIGINT COMMENT 'Run of the step',
  seq BIGINT COMMENT 'Place of the step in its run, from 1',
  name STRING COMMENT 'What it did, e.g. bronze query_history',
  layer STRING COMMENT 'scan, land, bronze or gold',
  table_name STRING COMMENT 'Table that it filled; null for scan and land',
  state STRING COMMENT 'succeeded, failed, cancelled or skipped',
  started_at TIMESTAMP COMMENT 'When it began (UTC)',
  ended_at TIMESTAMP COMMENT 'When it ended (UTC)',
  rows_in BIGINT COMMENT 'Rows read',
  rows_changed BIGINT COMMENT 'Rows inserted or updated',
  rows_rejected BIGINT COMMENT 'Rows that went to quarantine',
  error STRING COMMENT 'Why it failed or was skipped'
)
USING DELTA
COMMENT 'Steps of refreshes: one row a run and step';

CREATE TABLE IF NOT EXISTS secchi_ops.load_mark (
  source STRING COMMENT 'Source of the file',
  table_name STRING COMMENT 'Table as the source names it (query/history); spark for event logs',
  file STRING COMMENT 'File relative to its source',
  size_bytes BIGINT COMMENT 'Size when it was loaded',
  offset_bytes BIGINT COMMENT 'How far it was read',
  version BIGINT COMMENT 'Version of a Delta table up to which it was read, else -1',
  run_id BIGINT COMMENT 'Run that read it last',
  loaded_at TIMESTAMP COMMENT 'Ingestion timestamp of the load (UTC)'
)
USING DELTA
COMMENT 'What was loaded of every source: one row a file';

CREATE TABLE IF NOT EXISTS secchi_ops.load_batch (
  ingested_at TIMESTAMP COMMENT 'bronze_ingestion_timestamp of the rows (UTC); later for later loads',
  run_id BIGINT COMMENT 'Run of the load',
  source STRING COMMENT 'Source of the rows',
  table_name STRING COMMENT 'Bronze table',
  rows_in BIGINT COMMENT 'Rows delivered',
  rows_changed BIGINT COMMENT 'Rows inserted or updated',
  rows_rejected BIGINT COMMENT 'Rows that went to quarantine'
)
USING DELTA
COMMENT 'Load transactions of bronze tables: one row a transaction';

CREATE TABLE IF NOT EXISTS secchi_ops.landed_log (
  source STRING COMMENT 'Source of the event log',
  log STRING COMMENT 'Key of the log in the landing tables',
  landing BIGINT COMMENT 'Number of the newest landing transaction of the log; larger for later ones',
  landed_bytes BIGINT COMMENT 'Uncompressed bytes landed so far'
)
USING DELTA
COMMENT 'Event logs in the landing tables: one row a log';

CREATE TABLE IF NOT EXISTS secchi_ops.derive_mark (
  log STRING COMMENT 'Key of the log in the landing tables',
  table_name STRING COMMENT 'Bronze table',
  landing BIGINT COMMENT 'landed_log.landing that the rows of the table were derived from',
  query_hash STRING COMMENT 'Hash of the derivation'
)
USING DELTA
COMMENT 'Which landing of each event log every bronze table has seen: one row a log and table';

CREATE TABLE IF NOT EXISTS secchi_ops.gold_mark (
  table_name STRING COMMENT 'Gold table',
  published_to TIMESTAMP COMMENT 'Newest bronze load that is in it (UTC)',
  fill_hash STRING COMMENT 'Hash of the statements that fill it',
  run_id BIGINT COMMENT 'Run that published it last'
)
USING DELTA
COMMENT 'How far gold tables are: one row a table';

CREATE TABLE IF NOT EXISTS secchi_ops.finding (
  finding_id STRING COMMENT 'Hash of kind, source, table, file and subject',
  kind STRING COMMENT 'e.g. file_changed, column_added, rows_rejected, orphan_rows',
  severity STRING COMMENT 'info, warning or error',
  state STRING COMMENT 'open or closed',
  source STRING COMMENT 'Source that it is about',
  table_name STRING COMMENT 'Table that it is about',
  file STRING COMMENT 'File that it is about',
  subject STRING COMMENT 'What of the table or file it is about: a column, a check, a key',
  text STRING COMMENT 'What, and what to do',
  first_run_id BIGINT COMMENT 'Run that saw it first',
  first_seen_at TIMESTAMP COMMENT 'When it was seen first (UTC)',
  last_run_id BIGINT COMMENT 'Run that saw it last',
  last_seen_at TIMESTAMP COMMENT 'When it was seen last (UTC)',
  closed_run_id BIGINT COMMENT 'Run that looked and did not see it any more',
  closed_at TIMESTAMP COMMENT 'When it was closed (UTC)'
)
USING DELTA
COMMENT 'What a person should know about sources and data: one row a thing';

CREATE TABLE IF NOT EXISTS secchi_ops.dq_rule (
  rule_id STRING COMMENT 'Bronze table and name of the rule, joined by a point',
  table_name STRING COMMENT 'Bronze table',
  rule_name STRING COMMENT 'Name of the rule; unique within the table',
  rule_constraint STRING COMMENT 'Condition in Databricks SQL that is true for a good row; null passes',
  severity STRING COMMENT 'critical: failing rows go to quarantine; warning: they are kept and counted',
  enabled BOOLEAN COMMENT 'False when the rule is not to be looked at',
  description STRING COMMENT 'What it is for',
  created_by STRING COMMENT 'User that made it; pack:<name> when it came with a pack',
  created_at TIMESTAMP COMMENT 'When it was made (UTC)',
  updated_by STRING COMMENT 'User that changed it last; pack:<name> while it is as the pack has it',
  updated_at TIMESTAMP COMMENT 'When it was changed last (UTC)',
  position BIGINT COMMENT 'Place among the checks of the table in the pack; null for rules of people'
)
USING DELTA
COMMENT 'Quality rules that ingestion applies: those of the packs and those of people; one row a rule';

CREATE TABLE IF NOT EXISTS secchi_ops.check_result (
  run_id BIGINT COMMENT 'Run of the load',
  ingested_at TIMESTAMP COMMENT 'bronze_ingestion_timestamp of the load (UTC)',
  source STRING COMMENT 'Source of the rows',
  table_name STRING COMMENT 'Bronze table',
  check_name STRING COMMENT 'Name of the check',
  criticality STRING COMMENT 'error: failing rows went to quarantine; warn: they were kept',
  rows_checked BIGINT COMMENT 'Rows looked at',
  rows_failed BIGINT COMMENT 'Rows that failed'
)
USING DELTA
COMMENT 'Results of quality checks: one row a load and check';

CREATE TABLE IF NOT EXISTS secchi_ops.table_stats (
  schema_name STRING COMMENT 'Schema',
  table_name STRING COMMENT 'Table',
  row_count BIGINT COMMENT 'Rows',
  fresh_at TIMESTAMP COMMENT 'Newest event time in it (UTC); null when it has none',
  updated_at TIMESTAMP COMMENT 'When a refresh changed it last (UTC)',
  run_id BIGINT COMMENT 'That refresh'
)
USING DELTA
COMMENT 'Size and freshness of bronze and gold tables: one row a table';

CREATE TABLE IF NOT EXISTS secchi_ops.added_column (
  table_name STRING COMMENT 'Bronze table',
  column_name STRING COMMENT 'Column that a source delivered and the pack does not know',
  column_type STRING COMMENT 'Its type',
  run_id BIGINT COMMENT 'Run that added it'
)
USING DELTA
COMMENT 'Columns that bronze tables gained from their sources: one row a table and column';

CREATE TABLE IF NOT EXISTS secchi_ops.catalogue (
  catalogue_hash STRING COMMENT 'Hash of all definitions that the warehouse was prepared for'
)
USING DELTA
COMMENT 'Which catalogue the warehouse was prepared for: one row';

CREATE TABLE IF NOT EXISTS secchi_ops.catalogue_table (
  schema_name STRING COMMENT 'Schema',
  table_name STRING COMMENT 'Table or view',
  table_type STRING COMMENT 'MANAGED, VIEW or METRIC_VIEW',
  table_owner STRING COMMENT 'Its technical owner; null when it names none',
  comment STRING COMMENT 'What it holds',
  definition STRING COMMENT 'Text of a view; null for tables',
  domain STRING COMMENT 'cost, reliability, performance, security, quality or null',
  prepared_at TIMESTAMP COMMENT 'When the warehouse was prepared for this catalogue (UTC)'
)
USING DELTA
COMMENT 'Tables and views of the catalogue, for information_schema: one row each';

CREATE TABLE IF NOT EXISTS secchi_ops.catalogue_column (
  schema_name STRING COMMENT 'Schema',
  table_name STRING COMMENT 'Table or view',
  column_name STRING COMMENT 'Column',
  position BIGINT COMMENT 'Place among the columns, from 0',
  full_data_type STRING COMMENT 'Type in lower case, with its parts',
  is_nullable BOOLEAN COMMENT 'False for NOT NULL',
  is_key BOOLEAN COMMENT 'True when it is part of the primary key',
  default_sql STRING COMMENT 'Default; null when there is none',
  comment STRING COMMENT 'What it holds'
)
USING DELTA
COMMENT 'Columns of the catalogue, for information_schema: one row a column';

CREATE TABLE IF NOT EXISTS secchi_ops.catalogue_tag (
  schema_name STRING COMMENT 'Schema',
  table_name STRING COMMENT 'Table or view',
  tag_name STRING COMMENT 'Tag',
  tag_value STRING COMMENT 'Its value'
)
USING DELTA
COMMENT 'Tags of tables, for information_schema: one row a table and tag';

CREATE TABLE IF NOT EXISTS secchi_ops.catalogue_routine (
  schema_name STRING COMMENT 'Schema',
  routine_name STRING COMMENT 'Function',
  domain STRING COMMENT 'cost, reliability, performance, security, quality or null',
  data_type STRING COMMENT 'TABLE_TYPE, or the type that it returns',
  full_data_type STRING COMMENT 'The same with its parts',
  definition STRING COMMENT 'What it returns: the text after RETURN',
  comment STRING COMMENT 'What it is for',
  prepared_at TIMESTAMP COMMENT 'When the warehouse was prepared for this catalogue (UTC)'
)
USING DELTA
COMMENT 'Functions of the catalogue, for information_schema: one row a function';

CREATE TABLE IF NOT EXISTS secchi_ops.catalogue_parameter (
  schema_name STRING COMMENT 'Schema',
  routine_name STRING COMMENT 'Function',
  is_result BOOLEAN COMMENT 'True for a column of what it returns, false for a parameter',
  name STRING COMMENT 'Parameter or column',
  position BIGINT COMMENT 'Place, from 0',
  full_data_type STRING COMMENT 'Type in lower case, with its parts',
  default_sql STRING COMMENT 'Default of a parameter; null when it must be given',
  comment STRING COMMENT 'What it means'
)
USING DELTA
COMMENT 'Parameters and result columns of functions, for information_schema: one row each'
