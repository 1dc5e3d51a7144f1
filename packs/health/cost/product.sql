-- Cost by the product that caused it
-- Unattributed: usage that names no product
-- Grain: one row a usage record that can be attributed.
-- Input: fact_usage.
SELECT
  f.record_id,
  f.billing_origin_product AS attribution_key,
  f.billing_origin_product AS attribution_name
FROM fact_usage AS f
WHERE f.billing_origin_product IS NOT NULL
