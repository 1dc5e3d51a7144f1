INSERT INTO secchi_quarantine.{table}
{typed}
SELECT
  :source AS source,
  j.bronze_source_file,
  j.bronze_source_seq,
  j.bronze_reason AS reason,
  j.bronze_row AS row_json,
  :run AS run_id,
  :ingested AS rejected_at
FROM judged_row AS j
WHERE j.bronze_bad
