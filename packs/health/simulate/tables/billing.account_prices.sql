-- Negotiated prices of the account: the list price less its discount.
SELECT
  p.account_id,
  p.price_start_time,
  CASE WHEN p.closed THEN p.price_end_time END AS price_end_time,
  p.sku AS sku_name,
  p.cloud,
  p.currency_code,
  p.usage_unit,
  named_struct('default', CAST(p.account_price AS DECIMAL(38, 18))) AS pricing,
  p.arrival
FROM sim.price_delivery AS p
