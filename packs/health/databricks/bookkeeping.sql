-- What the fills keep of themselves: up to which load gold tables were filled, and rows that the checks refused.
CREATE TABLE IF NOT EXISTS fill_mark (
  table_name STRING NOT NULL COMMENT 'Table that is filled',
  published_to TIMESTAMP COMMENT 'Newest load of bronze that it holds (UTC)',
  filled_at TIMESTAMP COMMENT 'When it was filled (UTC)'
)
USING DELTA
COMMENT 'Up to which load each gold table was filled: one row a table';

CREATE TABLE IF NOT EXISTS rejected_row (
  table_name STRING COMMENT 'Bronze table that did not take the row',
  reason STRING COMMENT 'Check that it fails',
  row_json STRING COMMENT 'The row as JSON',
  rejected_at TIMESTAMP COMMENT 'When it was refused first (UTC)'
)
USING DELTA
COMMENT 'Rows that checks kept out of bronze: one row a table, reason and row'
