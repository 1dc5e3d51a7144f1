CREATE TABLE gold.fact_account_prices AS
SELECT
  b.account_id,
  b.price_start_time,
  b.price_end_time,
  b.sku_name,
  b.cloud,
  b.currency_code,
  b.usage_unit,
  CAST(b.pricing.default AS DECIMAL(38, 10)) AS pricing_default
FROM bronze.account_prices AS b;
