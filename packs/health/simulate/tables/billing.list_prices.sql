-- List prices; a price that changes is delivered again with its end when the new one comes.
SELECT
  p.account_id,
  p.price_start_time,
  CASE WHEN p.closed THEN p.price_end_time END AS price_end_time,
  p.sku AS sku_name,
  p.cloud,
  p.currency_code,
  p.usage_unit,
  named_struct(
    'default', CAST(p.list_price AS DECIMAL(38, 18)),
    'promotional', named_struct('default', CAST(NULL AS DECIMAL(38, 18))),
    'effective_list', named_struct('default', CAST(p.list_price AS DECIMAL(38, 18)))) AS pricing,
  p.arrival
FROM sim.price_delivery AS p
