-- Why gold and the bill of bronze differ, and usage that has no price.
-- Grain: one row a kind, SKU, unit and currency. Amounts are those of the bill less those of gold.
-- In place of bill stands cost/bill.sql of the packs.
WITH billed_record AS (
  {bill}
),
gold_record AS (
  SELECT f.record_id, f.sku_name, f.cloud, f.usage_unit, f.usage_quantity, f.usage_start_time, f.usage_date, f.currency_code, f.list_price, f.account_price, f.list_cost, f.account_cost
  FROM fact_usage AS f
  WHERE COALESCE(COALESCE(f.usage_date, CAST(f.usage_start_time AS DATE)) BETWEEN :from_date AND :to_date, TRUE)
),
priced_sku AS (
  SELECT p.sku_name, MIN(p.price_start_time) AS first_time, MAX(COALESCE(p.price_end_time, TIMESTAMP '9999-12-31 00:00:00')) AS last_time
  FROM (
    SELECT l.sku_name, l.price_start_time, l.price_end_time
    FROM system_bronze.list_prices AS l
    UNION ALL
    SELECT a.sku_name, a.price_start_time, a.price_end_time
    FROM system_bronze.account_prices AS a
  ) AS p
  GROUP BY p.sku_name
),
record_pair AS (
  SELECT
    CASE
      WHEN g.record_id IS NULL THEN 'not_in_gold'
      WHEN b.record_id IS NULL THEN 'not_in_bronze'
      WHEN NOT (b.usage_quantity <=> g.usage_quantity) THEN 'quantity_differs'
      WHEN NOT (b.currency_code <=> g.currency_code) THEN 'currency_differs'
      WHEN NOT (b.list_price <=> g.list_price AND b.account_price <=> g.account_price) THEN 'price_differs'
      WHEN NOT (b.list_cost <=> g.list_cost AND b.account_cost <=> g.account_cost) THEN 'cost_differs'
      WHEN b.price_source IS NULL AND b.usage_start_time IS NULL THEN 'no_time'
      WHEN b.price_source IS NULL AND p.sku_name IS NULL THEN 'no_price_of_sku'
      WHEN b.price_source IS NULL AND (b.usage_start_time < p.first_time OR b.usage_start_time >= p.last_time) THEN 'no_price_in_force'
      WHEN b.price_source IS NULL THEN 'no_price_that_fits'
      WHEN b.usage_quantity IS NULL THEN 'no_quantity'
      WHEN b.list_price IS NULL THEN 'no_list_price'
      WHEN b.list_cost IS NULL OR b.account_cost IS NULL THEN 'amount_too_large'
      WHEN b.usage_date IS NULL THEN 'no_date'
    END AS kind,
    COALESCE(b.sku_name, g.sku_name) AS sku,
    COALESCE(b.usage_unit, g.usage_unit) AS unit,
    COALESCE(b.cloud, g.cloud) AS cloud,
    COALESCE(b.currency_code, g.currency_code) AS currency,
    COALESCE(b.record_id, g.record_id) AS record_id,
    COALESCE(b.usage_date, g.usage_date) AS usage_date,
    COALESCE(b.usage_quantity, g.usage_quantity) AS quantity,
    COALESCE(b.list_cost, 0) - COALESCE(g.list_cost, 0) AS list_amount,
    COALESCE(b.account_cost, 0) - COALESCE(g.account_cost, 0) AS account_amount
  FROM billed_record AS b
  FULL OUTER JOIN gold_record AS g ON g.record_id = b.record_id
  LEFT JOIN priced_sku AS p ON p.sku_name = b.sku_name
)
SELECT
  r.kind,
  r.sku,
  r.cloud,
  r.unit,
  r.currency,
  COUNT(*) AS records,
  SUM(r.quantity) AS quantity,
  SUM(r.list_amount) AS list_amount,
  SUM(r.account_amount) AS negotiated_amount,
  MIN(r.usage_date) AS first_date,
  MAX(r.usage_date) AS last_date,
  MIN(r.record_id) AS example
FROM record_pair AS r
WHERE r.kind IS NOT NULL
GROUP BY r.kind, r.sku, r.cloud, r.unit, r.currency
ORDER BY r.kind, r.sku, r.cloud, r.unit, r.currency
LIMIT 1000
