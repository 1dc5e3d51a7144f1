CREATE TABLE IF NOT EXISTS secchi_quarantine.{table} (
  source STRING COMMENT 'Source of the row',
  bronze_source_file STRING COMMENT 'Where the row was delivered',
  bronze_source_seq BIGINT COMMENT 'Place in that file',
  reason STRING COMMENT 'Why the row could not be used',
  row_json STRING COMMENT 'The row as it was delivered, as JSON; null when it could not be read at all',
  run_id BIGINT COMMENT 'Run that rejected it',
  rejected_at TIMESTAMP COMMENT 'Ingestion timestamp of the load (UTC)'
)
USING DELTA
COMMENT 'Rows that system_bronze.{table} did not take, with the reason'
