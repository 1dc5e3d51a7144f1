-- Rows that one bronze table did not take, by reason, the most frequent first, with the newest rows of each as a sample.
WITH rejected_row AS (
  SELECT
    reason,
    rejected_at,
    source,
    bronze_source_file,
    bronze_source_seq,
    LEFT(row_json, 4000) AS row_json,
    COUNT(*) OVER (PARTITION BY reason) AS reason_rows,
    ROW_NUMBER() OVER (PARTITION BY reason ORDER BY rejected_at DESC, bronze_source_file, bronze_source_seq) AS sample
  FROM secchi_quarantine.{table}
)
SELECT
  reason,
  reason_rows AS rows,
  rejected_at,
  source,
  bronze_source_file AS file,
  COALESCE(bronze_source_seq, 0) AS place,
  row_json AS row
FROM rejected_row
WHERE sample <= 3
ORDER BY reason_rows DESC, reason, sample
LIMIT 60
