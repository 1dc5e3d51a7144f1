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
    ROW_NUMBER() OVER (PARTITION BY reason ORDER BY rejected_at DESC, bronze_source_file, bronze_source_seq) AS place
  FROM secchi_quarantine.`{table}`
)
SELECT
  reason,
  reason_rows,
  rejected_at,
  source,
  bronze_source_file,
  bronze_source_seq,
  row_json
FROM rejected_row
WHERE place <= 3
ORDER BY reason_rows DESC, reason, place
LIMIT 60
