-- Prices negotiated by accounts over time.
-- Grain: one row an account, SKU, cloud, currency and period; key (account_id, sku_name, cloud, currency_code, price_start_time). Merged by the natural key of its input.
-- Periods of a key must not overlap: of two prices in force fact_usage takes the one that came into force later, and the overlap is a finding.
-- Inputs: system_bronze.account_prices; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_account_prices (
  account_id STRING COMMENT 'Account that negotiated the price',
  price_start_time TIMESTAMP COMMENT 'When the price came into force (UTC), inclusive',
  price_end_time TIMESTAMP COMMENT 'When it went out of force (UTC), exclusive; null while it is in force',
  sku_name STRING COMMENT 'SKU that is billed',
  cloud STRING COMMENT 'AWS, AZURE or GCP',
  currency_code STRING COMMENT 'Currency of the price, e.g. USD',
  usage_unit STRING COMMENT 'Unit that the price is for, e.g. DBU',
  pricing_default DECIMAL(38, 10) COMMENT 'Negotiated price of one unit',
  CONSTRAINT pk_fact_account_prices PRIMARY KEY (account_id, sku_name, cloud, currency_code, price_start_time),
  CONSTRAINT fk_fact_account_prices_sku_name FOREIGN KEY (sku_name) REFERENCES system_gold.dim_sku (sku_name)
)
USING DELTA
COMMENT 'Prices negotiated by accounts over time: one row an account, SKU, cloud, currency and period'
TBLPROPERTIES (
  'secchi.domain' = 'cost',
  'secchi.event_time' = 'price_start_time',
  'secchi.row_of' = 'account_prices',
  'secchi.no_overlap' = 'account_id, sku_name, cloud, currency_code, usage_unit / price_start_time / price_end_time',
  'data_classification' = 'confidential',
  'contains_pii' = 'false',
  'business_owner' = 'FinOps',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_account_prices AS t
USING (
  SELECT
    b.account_id,
    b.price_start_time,
    b.price_end_time,
    b.sku_name,
    b.cloud,
    b.currency_code,
    b.usage_unit,
    CAST(b.pricing.default AS DECIMAL(38, 10)) AS pricing_default
  FROM system_bronze.account_prices AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.account_id <=> s.account_id
  AND t.sku_name <=> s.sku_name
  AND t.cloud <=> s.cloud
  AND t.currency_code <=> s.currency_code
  AND t.price_start_time <=> s.price_start_time
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
