-- List prices of SKUs over time, as system.billing.list_prices gives them.
-- Grain: one row a price and period; natural key (account_id, sku_name, cloud, currency_code, price_start_time), matched null-safe.
-- The account and the currency are part of the key: an account may be shown prices of its own, and a SKU has a price in each currency.
-- Input: incoming.list_prices, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.list_prices (
  account_id STRING COMMENT 'Account that the price was shown to; null: it holds for all accounts',
  price_start_time TIMESTAMP COMMENT 'When the price came into force (UTC), inclusive',
  price_end_time TIMESTAMP COMMENT 'When it went out of force (UTC), exclusive; null while it is in force',
  sku_name STRING COMMENT 'SKU that is billed',
  cloud STRING COMMENT 'AWS, AZURE or GCP',
  currency_code STRING COMMENT 'Currency of the price, e.g. USD',
  usage_unit STRING COMMENT 'Unit that the price is for, e.g. DBU',
  pricing STRUCT<
    default: DECIMAL(38, 18),
    promotional: STRUCT<default: DECIMAL(38, 18)>,
    effective_list: STRUCT<default: DECIMAL(38, 18)>> COMMENT 'Price of one unit: default is the published one, promotional the one of a campaign for all, effective_list the one that is charged of the two',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_list_prices PRIMARY KEY (account_id, sku_name, cloud, currency_code, price_start_time)
)
USING DELTA
COMMENT 'List prices of SKUs over time (system.billing.list_prices): one row an account, SKU, cloud, currency and period'
TBLPROPERTIES (
  'secchi.system_table' = 'system.billing.list_prices',
  'secchi.domain' = 'cost',
  'secchi.event_time' = 'price_start_time',
  'secchi.describes' = 'true',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'FinOps',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.list_prices AS t
USING incoming.list_prices AS s
ON t.account_id <=> s.account_id
  AND t.sku_name <=> s.sku_name
  AND t.cloud <=> s.cloud
  AND t.currency_code <=> s.currency_code
  AND t.price_start_time <=> s.price_start_time
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
