{typed}
SELECT
  COUNT(*) AS rows_in,
  COUNT_IF(j.bronze_bad) AS rows_rejected{checks}
FROM judged_row AS j
