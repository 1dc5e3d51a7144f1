-- Cost by SKU
-- Unattributed: usage that names no SKU
-- Grain: one row a usage record that can be attributed.
-- Input: fact_usage.
SELECT
  f.record_id,
  f.sku_name AS attribution_key,
  f.sku_name AS attribution_name
FROM fact_usage AS f
WHERE f.sku_name IS NOT NULL
