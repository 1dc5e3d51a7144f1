-- The cost of a period by the keys of one attribution, what it leaves over included.
-- Grain: one row a currency and key; the key of what is left over is null. Amounts are exact; cents are amounts in cents that add up to the total in cents: what rounding down
-- leaves goes, a cent each, to the keys with the largest fractions.
-- In place of attribution stands a file of cost/ of the packs.
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
key_cost AS (
  SELECT
    g.currency_code,
    a.attribution_key,
    MAX(a.attribution_name) AS attribution_name,
    COUNT(*) AS records,
    COALESCE(SUM(g.list_cost), 0) AS list_amount,
    COALESCE(SUM(g.negotiated_cost), 0) AS negotiated_amount
  FROM gold_record AS g
  LEFT JOIN attributed_record AS a ON a.record_id = g.record_id
  GROUP BY g.currency_code, a.attribution_key
),
key_cents AS (
  SELECT
    k.*,
    CAST(FLOOR(k.list_amount * 100) AS DECIMAL(30, 0)) AS list_floor,
    CAST(FLOOR(k.negotiated_amount * 100) AS DECIMAL(30, 0)) AS negotiated_floor,
    SUM(k.list_amount) OVER (PARTITION BY k.currency_code) AS list_total,
    SUM(k.negotiated_amount) OVER (PARTITION BY k.currency_code) AS negotiated_total
  FROM key_cost AS k
),
key_rest AS (
  SELECT
    k.*,
    CAST(ROUND(k.list_total * 100, 0) AS DECIMAL(30, 0)) - SUM(k.list_floor) OVER (PARTITION BY k.currency_code) AS list_rest,
    CAST(ROUND(k.negotiated_total * 100, 0) AS DECIMAL(30, 0)) - SUM(k.negotiated_floor) OVER (PARTITION BY k.currency_code) AS negotiated_rest,
    ROW_NUMBER() OVER (PARTITION BY k.currency_code ORDER BY k.list_amount * 100 - k.list_floor DESC, k.attribution_key) AS list_place,
    ROW_NUMBER() OVER (PARTITION BY k.currency_code ORDER BY k.negotiated_amount * 100 - k.negotiated_floor DESC, k.attribution_key) AS negotiated_place
  FROM key_cents AS k
)
SELECT
  k.currency_code AS currency,
  k.attribution_key AS key,
  COALESCE(k.attribution_name, k.attribution_key, 'unattributed') AS name,
  k.records,
  k.list_amount,
  k.negotiated_amount,
  CAST((k.list_floor + CASE WHEN k.list_place <= k.list_rest THEN 1 ELSE 0 END) / 100 AS DECIMAL(30, 2)) AS list_cents,
  CAST((k.negotiated_floor + CASE WHEN k.negotiated_place <= k.negotiated_rest THEN 1 ELSE 0 END) / 100 AS DECIMAL(30, 2)) AS negotiated_cents,
  CAST(k.list_amount AS DOUBLE) / NULLIF(CAST(k.list_total AS DOUBLE), 0) AS list_share,
  CAST(k.negotiated_amount AS DOUBLE) / NULLIF(CAST(k.negotiated_total AS DOUBLE), 0) AS negotiated_share
FROM key_rest AS k
ORDER BY k.currency_code, k.attribution_key IS NULL, k.negotiated_amount DESC, k.attribution_key
LIMIT :limit
