CREATE TABLE gold.fact_list_prices AS
SELECT
  b.account_id,
  b.price_start_time,
  b.price_end_time,
  b.sku_name,
  b.cloud,
  b.currency_code,
  b.usage_unit,
  CAST(b.pricing.default AS DECIMAL(38, 6)) AS pricing_default,
  CASE WHEN b.pricing.promotional IS NOT NULL THEN '{' || coalesce('"default":' || b.pricing.promotional.default::VARCHAR, '') || '}' END AS pricing_promotional,
  CASE WHEN b.pricing.effective_list IS NOT NULL THEN '{' || coalesce('"default":' || b.pricing.effective_list.default::VARCHAR, '') || '}' END AS pricing_effective_list
FROM bronze.list_prices AS b;
