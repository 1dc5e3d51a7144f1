-- SKUs that usage or prices name.
-- Grain: one row a SKU; key (sku_name). Price lists are looked at as well, since they name SKUs that nobody has used yet.
-- A SKU that is sold on several clouds or in several units is shown with those of its newest usage; one that was never used with those of its newest list
-- price, else of its newest negotiated price. Of equally new ones the first by name counts.
-- Inputs: system_gold.fact_usage, fact_list_prices, fact_account_prices, read whole: a corrected record may be the last one of a SKU.
CREATE TABLE IF NOT EXISTS system_gold.dim_sku (
  sku_name STRING COMMENT 'SKU that is billed',
  cloud STRING COMMENT 'AWS, AZURE or GCP; where its newest usage was when it is sold on several',
  usage_unit STRING COMMENT 'Unit of its quantities, e.g. DBU; that of its newest usage when there are several',
  CONSTRAINT pk_dim_sku PRIMARY KEY (sku_name)
)
USING DELTA
COMMENT 'SKUs that usage or prices name: one row a SKU'
TBLPROPERTIES (
  'secchi.domain' = 'cost',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'FinOps',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.dim_sku AS t
USING (
  WITH sku_seen AS (
    SELECT u.sku_name, u.cloud, u.usage_unit, 1 AS place, MAX(u.usage_start_time) AS last_time
    FROM system_gold.fact_usage AS u
    GROUP BY u.sku_name, u.cloud, u.usage_unit
    UNION ALL
    SELECT l.sku_name, l.cloud, l.usage_unit, 2 AS place, MAX(l.price_start_time) AS last_time
    FROM system_gold.fact_list_prices AS l
    GROUP BY l.sku_name, l.cloud, l.usage_unit
    UNION ALL
    SELECT a.sku_name, a.cloud, a.usage_unit, 3 AS place, MAX(a.price_start_time) AS last_time
    FROM system_gold.fact_account_prices AS a
    GROUP BY a.sku_name, a.cloud, a.usage_unit
  ),
  ranked_sku AS (
    SELECT
      s.sku_name,
      s.cloud,
      s.usage_unit,
      ROW_NUMBER() OVER (PARTITION BY s.sku_name ORDER BY s.place, s.last_time DESC, s.cloud, s.usage_unit) AS sku_rank
    FROM sku_seen AS s
    WHERE s.sku_name IS NOT NULL
  )
  SELECT r.sku_name, r.cloud, r.usage_unit
  FROM ranked_sku AS r
  WHERE r.sku_rank = 1
) AS s
ON t.sku_name <=> s.sku_name
WHEN MATCHED AND NOT (t.cloud <=> s.cloud AND t.usage_unit <=> s.usage_unit) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *
WHEN NOT MATCHED BY SOURCE THEN DELETE;
