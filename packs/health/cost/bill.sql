-- What every usage record costs, from bronze alone: usage, and the prices that were in force when it began.
-- Grain: one row a usage record, RETRACTION and RESTATEMENT records with their signs; null prices where there is none.
-- It follows the rules of fact_usage another way, record by record instead of period by period, so that each of the two tells when the other is wrong: a price holds from
-- price_start_time to before price_end_time, for SKU, cloud, account and unit; list prices without an account hold for all accounts, prices without a unit for every unit. Of several,
-- the account's own goes first, then the one that came into force later. Of several currencies one with a negotiated price goes first, then one with a list price, then USD, then by name.
-- A record without usage_date is of the day on which its usage began; one without either is of every period.
-- Inputs: system_bronze.usage, list_prices, account_prices; :from_date and :to_date are the first and last day.
WITH usage_record AS (
  SELECT
    u.account_id,
    u.workspace_id,
    u.record_id,
    u.sku_name,
    u.cloud,
    u.usage_start_time,
    COALESCE(u.usage_date, CAST(u.usage_start_time AS DATE)) AS usage_date,
    u.usage_unit,
    CAST(ROUND(u.usage_quantity, 10) AS DECIMAL(38, 10)) AS usage_quantity,
    u.record_type,
    u.ingestion_date
  FROM system_bronze.usage AS u
  WHERE COALESCE(COALESCE(u.usage_date, CAST(u.usage_start_time AS DATE)) BETWEEN :from_date AND :to_date, TRUE)
),
-- Records of one moment are priced alike.
moment AS (
  SELECT DISTINCT u.account_id, u.sku_name, u.cloud, u.usage_unit, u.usage_start_time
  FROM usage_record AS u
),
price_in_force AS (
  SELECT
    m.*,
    'ACCOUNT' AS price_source,
    TRUE AS is_own,
    a.currency_code,
    a.price_start_time,
    CAST(NULL AS DECIMAL(18, 6)) AS list_price,
    TRY_CAST(a.pricing.default AS DECIMAL(18, 10)) AS account_price
  FROM moment AS m
  INNER JOIN system_bronze.account_prices AS a
    ON a.sku_name = m.sku_name AND a.cloud <=> m.cloud AND a.account_id <=> m.account_id
  WHERE (a.usage_unit <=> m.usage_unit OR a.usage_unit IS NULL)
    AND a.price_start_time <= m.usage_start_time AND (a.price_end_time > m.usage_start_time OR a.price_end_time IS NULL)
  UNION ALL
  SELECT
    m.*,
    'LIST' AS price_source,
    l.account_id IS NOT NULL AS is_own,
    l.currency_code,
    l.price_start_time,
    TRY_CAST(l.pricing.default AS DECIMAL(18, 6)) AS list_price,
    TRY_CAST(COALESCE(l.pricing.effective_list.default, l.pricing.default) AS DECIMAL(18, 10)) AS account_price
  FROM moment AS m
  INNER JOIN system_bronze.list_prices AS l
    ON l.sku_name = m.sku_name AND l.cloud <=> m.cloud
  WHERE (l.account_id <=> m.account_id OR l.account_id IS NULL) AND (l.usage_unit <=> m.usage_unit OR l.usage_unit IS NULL)
    AND l.price_start_time <= m.usage_start_time AND (l.price_end_time > m.usage_start_time OR l.price_end_time IS NULL)
),
first_price AS (
  SELECT
    p.*,
    ROW_NUMBER() OVER (
      PARTITION BY p.account_id, p.sku_name, p.cloud, p.usage_unit, p.usage_start_time, p.currency_code, p.price_source
      ORDER BY p.is_own DESC, p.price_start_time DESC
    ) AS price_rank
  FROM price_in_force AS p
),
currency_price AS (
  SELECT
    p.account_id,
    p.sku_name,
    p.cloud,
    p.usage_unit,
    p.usage_start_time,
    p.currency_code,
    MAX(p.list_price) AS list_price,
    MAX(CASE WHEN p.price_source = 'ACCOUNT' THEN p.account_price END) AS negotiated_price,
    MAX(CASE WHEN p.price_source = 'LIST' THEN p.account_price END) AS effective_list_price
  FROM first_price AS p
  WHERE p.price_rank = 1
  GROUP BY p.account_id, p.sku_name, p.cloud, p.usage_unit, p.usage_start_time, p.currency_code
),
first_currency AS (
  SELECT
    p.*,
    ROW_NUMBER() OVER (
      PARTITION BY p.account_id, p.sku_name, p.cloud, p.usage_unit, p.usage_start_time
      ORDER BY p.negotiated_price IS NULL, p.list_price IS NULL, p.currency_code <=> 'USD' DESC, p.currency_code
    ) AS currency_rank
  FROM currency_price AS p
  WHERE p.negotiated_price IS NOT NULL OR p.effective_list_price IS NOT NULL
),
record_price AS (
  SELECT
    u.*,
    p.currency_code,
    p.list_price,
    COALESCE(p.negotiated_price, p.effective_list_price) AS account_price,
    CASE WHEN p.negotiated_price IS NOT NULL THEN 'ACCOUNT' WHEN p.effective_list_price IS NOT NULL THEN 'LIST' END AS price_source
  FROM usage_record AS u
  LEFT JOIN first_currency AS p
    ON p.currency_rank = 1 AND p.sku_name = u.sku_name AND p.usage_start_time = u.usage_start_time
    AND p.account_id <=> u.account_id AND p.cloud <=> u.cloud AND p.usage_unit <=> u.usage_unit
)
SELECT
  r.workspace_id,
  r.record_id,
  r.sku_name,
  r.cloud,
  r.usage_start_time,
  r.usage_date,
  r.usage_unit,
  r.usage_quantity,
  r.record_type,
  r.ingestion_date,
  r.currency_code,
  r.list_price,
  r.account_price,
  r.price_source,
  TRY_CAST(ROUND(TRY_CAST(r.usage_quantity AS DECIMAL(20, 10)) * TRY_CAST(r.list_price AS DECIMAL(17, 6)), 6) AS DECIMAL(18, 6)) AS list_cost,
  TRY_CAST(ROUND(TRY_CAST(r.usage_quantity AS DECIMAL(20, 10)) * TRY_CAST(r.account_price AS DECIMAL(17, 10)), 6) AS DECIMAL(18, 6)) AS account_cost
FROM record_price AS r
