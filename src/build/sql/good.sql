-- The rows that can be used, as the table's MERGE takes them.
{typed}
SELECT
{names},
  :ingested AS bronze_ingestion_timestamp,
  j.bronze_source_file,
  j.bronze_source_seq
FROM judged_row AS j
WHERE NOT j.bronze_bad
