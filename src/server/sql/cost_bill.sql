-- What usage of a period costs, at list and at negotiated prices.
-- Grain: one row a currency; amounts of different currencies are never added up.
-- In place of bill stands cost/bill.sql of the packs; :discount_pct is taken off usage that has no negotiated price.
WITH billed_record AS (
  {bill}
)
SELECT
  b.currency_code AS currency,
  COUNT(*) AS records,
  COUNT(CASE WHEN b.record_type IN ('RETRACTION', 'RESTATEMENT') THEN 1 END) AS corrections,
  COALESCE(SUM(b.list_cost), 0) AS list_amount,
  COALESCE(SUM(
    CASE WHEN b.price_source = 'LIST' THEN CAST(ROUND(b.account_cost * (100 - CAST(:discount_pct AS DECIMAL(9, 6))) / 100, 6) AS DECIMAL(18, 6)) ELSE b.account_cost END
  ), 0) AS negotiated_amount
FROM billed_record AS b
WHERE b.price_source IS NOT NULL
GROUP BY b.currency_code
ORDER BY b.currency_code
