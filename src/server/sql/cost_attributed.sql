-- How much of the cost of a period one attribution tells, and how much it leaves over.
-- Grain: one row a currency.
-- In place of attribution stands a file of cost/ of the packs. A record that it names more than once is counted as often, which the bill then shows as a difference; repeated_* tell how much that is.
WITH gold_record AS (
  SELECT
    f.record_id,
    f.currency_code,
    f.list_cost,
    CASE WHEN f.price_source = 'LIST' THEN CAST(ROUND(f.account_cost * (100 - CAST(:discount_pct AS DECIMAL(9, 6))) / 100, 6) AS DECIMAL(18, 6)) ELSE f.account_cost END AS negotiated_cost
  FROM fact_usage AS f
  WHERE f.price_source IS NOT NULL AND COALESCE(COALESCE(f.usage_date, CAST(f.usage_start_time AS DATE)) BETWEEN :from_date AND :to_date, TRUE)
),
attributed_record AS (
  {attribution}
),
repeated_record AS (
  SELECT a.record_id, COUNT(*) - 1 AS repeats
  FROM attributed_record AS a
  GROUP BY a.record_id
  HAVING COUNT(*) > 1
)
SELECT
  g.currency_code AS currency,
  COUNT(DISTINCT a.attribution_key) AS keys,
  COALESCE(SUM(CASE WHEN a.attribution_key IS NOT NULL THEN g.list_cost END), 0) AS attributed_list,
  COALESCE(SUM(CASE WHEN a.attribution_key IS NOT NULL THEN g.negotiated_cost END), 0) AS attributed_negotiated,
  COALESCE(SUM(CASE WHEN a.attribution_key IS NULL THEN g.list_cost END), 0) AS unattributed_list,
  COALESCE(SUM(CASE WHEN a.attribution_key IS NULL THEN g.negotiated_cost END), 0) AS unattributed_negotiated,
  MAX(q.repeated_records) AS repeated_records,
  MAX(q.repeated_list) AS repeated_list,
  MAX(q.repeated_negotiated) AS repeated_negotiated,
  MAX(q.example) AS repeated_example
FROM gold_record AS g
LEFT JOIN attributed_record AS a ON a.record_id = g.record_id
LEFT JOIN (
  SELECT
    h.currency_code,
    COUNT(*) AS repeated_records,
    COALESCE(SUM(h.list_cost * r.repeats), 0) AS repeated_list,
    COALESCE(SUM(h.negotiated_cost * r.repeats), 0) AS repeated_negotiated,
    MIN(h.record_id) AS example
  FROM repeated_record AS r
  INNER JOIN gold_record AS h ON h.record_id = r.record_id
  GROUP BY h.currency_code
) AS q ON q.currency_code <=> g.currency_code
GROUP BY g.currency_code
ORDER BY g.currency_code
