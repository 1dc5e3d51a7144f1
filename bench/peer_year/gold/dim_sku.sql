CREATE TABLE gold.dim_sku AS
WITH sku_seen AS (
  SELECT u.sku_name, u.cloud, u.usage_unit, 1 AS place, MAX(u.usage_start_time) AS last_time
  FROM gold.fact_usage AS u
  GROUP BY u.sku_name, u.cloud, u.usage_unit
  UNION ALL
  SELECT l.sku_name, l.cloud, l.usage_unit, 2 AS place, MAX(l.price_start_time) AS last_time
  FROM gold.fact_list_prices AS l
  GROUP BY l.sku_name, l.cloud, l.usage_unit
  UNION ALL
  SELECT a.sku_name, a.cloud, a.usage_unit, 3 AS place, MAX(a.price_start_time) AS last_time
  FROM gold.fact_account_prices AS a
  GROUP BY a.sku_name, a.cloud, a.usage_unit
),
ranked_sku AS (
  SELECT
    s.sku_name,
    s.cloud,
    s.usage_unit,
    row_number() OVER (PARTITION BY s.sku_name ORDER BY s.place, s.last_time DESC, s.cloud, s.usage_unit) AS sku_rank
  FROM sku_seen AS s
  WHERE s.sku_name IS NOT NULL
)
SELECT r.sku_name, r.cloud, r.usage_unit
FROM ranked_sku AS r
WHERE r.sku_rank = 1;
