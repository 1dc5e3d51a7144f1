-- The most frequent reason of a load.
SELECT reason, COUNT(*) AS row_count
FROM secchi_quarantine.{table}
WHERE rejected_at = :ingested
GROUP BY reason
ORDER BY row_count DESC, reason
LIMIT 1
