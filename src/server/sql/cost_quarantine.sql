-- Usage that the checks of ingestion kept out, so that neither bill nor gold hold it.
-- Grain: one row a reason.
SELECT
  q.reason,
  COUNT(*) AS records,
  MIN(GET_JSON_OBJECT(q.row_json, '$.record_id')) AS example
FROM secchi_quarantine.usage AS q
GROUP BY q.reason
ORDER BY q.reason
LIMIT 1000
