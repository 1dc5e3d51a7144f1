-- The lines of an invoice against the bill, with the likely cause of each difference.
-- Grain: one row a month, workspace, SKU and currency of either side. Amounts in cents are compared; difference is the invoice less the bill.
-- In place of bill stands cost/bill.sql of the packs; :lines is a JSON array of objects with month (YYYY-MM), workspace_id, sku_name, currency and amount, of which all but the amount may be null: a line
-- without workspace is of all workspaces, and then the bill is summed likewise. :negotiated says which prices count.
-- Causes, tried in this order: lines twice; another price; what came later than a day (the bill without what was added after that day is the invoice); one record too often or not at all.
WITH invoice_line AS (
  SELECT
    l.month,
    l.workspace_id,
    l.sku_name,
    l.currency,
    CAST(l.amount AS DECIMAL(18, 6)) AS amount
  FROM INLINE(FROM_JSON(CAST(:lines AS STRING), 'ARRAY<STRUCT<month: STRING, workspace_id: STRING, sku_name: STRING, currency: STRING, amount: STRING>>')) AS l
),
invoice_shape AS (
  SELECT
    COALESCE(BOOL_OR(i.workspace_id IS NOT NULL), FALSE) AS by_workspace,
    COALESCE(BOOL_OR(i.sku_name IS NOT NULL), FALSE) AS by_sku,
    COALESCE(BOOL_OR(i.currency IS NOT NULL), FALSE) AS by_currency,
    CASE WHEN COUNT(DISTINCT i.currency) = 1 THEN MAX(i.currency) END AS only_currency
  FROM invoice_line AS i
),
billed_record AS (
  {bill}
),
priced_record AS (
  SELECT
    DATE_FORMAT(b.usage_date, 'yyyy-MM') AS month,
    CASE WHEN s.by_workspace THEN b.workspace_id END AS workspace_id,
    CASE WHEN s.by_sku THEN b.sku_name END AS sku_name,
    CASE WHEN s.by_currency THEN COALESCE(b.currency_code, s.only_currency) END AS currency,
    b.record_id,
    b.sku_name AS billed_sku,
    b.record_type,
    b.ingestion_date,
    b.usage_quantity,
    b.price_source,
    b.list_cost,
    CASE WHEN b.price_source = 'LIST' THEN CAST(ROUND(b.account_cost * (100 - CAST(:discount_pct AS DECIMAL(9, 6))) / 100, 6) AS DECIMAL(18, 6)) ELSE b.account_cost END AS negotiated_cost
  FROM billed_record AS b
  CROSS JOIN invoice_shape AS s
),
cost_record AS (
  SELECT
    p.*,
    CASE WHEN :negotiated THEN p.negotiated_cost ELSE p.list_cost END AS cost,
    CASE WHEN :negotiated THEN p.list_cost ELSE p.negotiated_cost END AS other_cost
  FROM priced_record AS p
),
line AS (
  SELECT
    i.month,
    i.workspace_id,
    i.sku_name,
    i.currency,
    SUM(i.amount) AS amount,
    MIN(i.amount) AS smallest,
    COUNT(*) AS lines
  FROM invoice_line AS i
  GROUP BY i.month, i.workspace_id, i.sku_name, i.currency
),
group_cost AS (
  SELECT
    c.month,
    c.workspace_id,
    c.sku_name,
    c.currency,
    COUNT(*) AS records,
    COUNT(CASE WHEN c.price_source IS NULL THEN 1 END) AS unpriced,
    SUM(c.usage_quantity) AS quantity,
    COALESCE(SUM(c.cost), 0) AS cost,
    COALESCE(SUM(c.other_cost), 0) AS other_cost
  FROM cost_record AS c
  WHERE c.month IN (SELECT l.month FROM line AS l)
  GROUP BY c.month, c.workspace_id, c.sku_name, c.currency
),
pair AS (
  SELECT
    COALESCE(l.month, g.month) AS month,
    COALESCE(l.workspace_id, g.workspace_id) AS workspace_id,
    COALESCE(l.sku_name, g.sku_name) AS sku_name,
    COALESCE(l.currency, g.currency) AS currency,
    l.lines,
    ROUND(l.amount, 2) AS invoiced,
    ROUND(l.smallest, 2) AS smallest,
    g.records,
    g.unpriced,
    g.quantity,
    ROUND(g.cost, 2) AS billed,
    ROUND(g.other_cost, 2) AS other_billed,
    COALESCE(ROUND(l.amount, 2), 0) - COALESCE(ROUND(g.cost, 2), 0) AS difference
  FROM line AS l
  FULL OUTER JOIN group_cost AS g
    ON g.month = l.month AND g.workspace_id <=> l.workspace_id AND g.sku_name <=> l.sku_name AND g.currency <=> l.currency
),
different AS (
  SELECT p.*
  FROM pair AS p
  WHERE p.difference <> 0 OR p.unpriced > 0
),
-- What the bill was at the end of each day on which records were added.
day_cost AS (
  SELECT c.month, c.workspace_id, c.sku_name, c.currency, c.ingestion_date, SUM(c.cost) AS cost
  FROM cost_record AS c
  WHERE c.ingestion_date IS NOT NULL
  GROUP BY c.month, c.workspace_id, c.sku_name, c.currency, c.ingestion_date
),
day_bill AS (
  SELECT
    d.*,
    SUM(d.cost) OVER (PARTITION BY d.month, d.workspace_id, d.sku_name, d.currency ORDER BY d.ingestion_date) AS bill
  FROM day_cost AS d
),
-- The last day whose bill was the invoice.
cut AS (
  SELECT d.month, d.workspace_id, d.sku_name, d.currency, MAX(b.ingestion_date) AS cut_date
  FROM different AS d
  INNER JOIN day_bill AS b
    ON b.month = d.month AND b.workspace_id <=> d.workspace_id AND b.sku_name <=> d.sku_name AND b.currency <=> d.currency
  WHERE ROUND(b.bill, 2) = d.invoiced
  GROUP BY d.month, d.workspace_id, d.sku_name, d.currency
),
later AS (
  SELECT
    k.month,
    k.workspace_id,
    k.sku_name,
    k.currency,
    MAX(k.cut_date) AS cut_date,
    COUNT(CASE WHEN c.record_type IN ('RETRACTION', 'RESTATEMENT') THEN 1 END) AS corrections,
    COUNT(*) AS records
  FROM cut AS k
  INNER JOIN cost_record AS c
    ON c.month = k.month AND c.workspace_id <=> k.workspace_id AND c.sku_name <=> k.sku_name AND c.currency <=> k.currency
  WHERE c.ingestion_date > k.cut_date
  GROUP BY k.month, k.workspace_id, k.sku_name, k.currency
),
single AS (
  SELECT d.month, d.workspace_id, d.sku_name, d.currency, MIN(c.record_id) AS record_id
  FROM different AS d
  INNER JOIN cost_record AS c
    ON c.month = d.month AND c.workspace_id <=> d.workspace_id AND c.sku_name <=> d.sku_name AND c.currency <=> d.currency
  WHERE ABS(ABS(d.difference) - ABS(c.cost)) <= 0.01 AND c.cost <> 0
  GROUP BY d.month, d.workspace_id, d.sku_name, d.currency
),
-- Prices of the SKU, whenever they held, that make the invoice of the quantity.
price AS (
  SELECT l.sku_name, l.currency_code, COALESCE(l.pricing.effective_list.default, l.pricing.default) AS price
  FROM system_bronze.list_prices AS l
  UNION
  SELECT l.sku_name, l.currency_code, l.pricing.default AS price
  FROM system_bronze.list_prices AS l
  UNION
  SELECT a.sku_name, a.currency_code, a.pricing.default AS price
  FROM system_bronze.account_prices AS a
),
other_price AS (
  SELECT d.month, d.workspace_id, d.sku_name, d.currency, MIN(p.price) AS price
  FROM different AS d
  INNER JOIN price AS p ON p.sku_name = d.sku_name AND (p.currency_code <=> d.currency OR d.currency IS NULL)
  WHERE ABS(TRY_CAST(ROUND(TRY_CAST(d.quantity AS DECIMAL(20, 10)) * TRY_CAST(p.price AS DECIMAL(17, 10)), 2) AS DECIMAL(20, 2)) - d.invoiced) <= 0.01
  GROUP BY d.month, d.workspace_id, d.sku_name, d.currency
),
known_sku AS (
  SELECT DISTINCT u.sku_name
  FROM system_bronze.usage AS u
)
SELECT
  d.month,
  d.workspace_id,
  d.sku_name AS sku,
  d.currency,
  d.invoiced,
  d.billed,
  d.difference,
  d.records,
  d.unpriced,
  d.quantity,
  CASE
    WHEN d.difference = 0 THEN 'no_price'
    WHEN d.records IS NULL AND d.sku_name IS NOT NULL AND n.sku_name IS NULL THEN 'sku_without_usage'
    WHEN d.records IS NULL THEN 'no_usage'
    WHEN d.lines IS NULL AND d.unpriced = d.records THEN 'no_price'
    WHEN d.lines IS NULL THEN 'not_invoiced'
    WHEN d.lines > 1 AND d.smallest = d.billed AND d.invoiced = d.lines * d.billed THEN 'line_repeated'
    WHEN d.unpriced = d.records THEN 'no_price'
    WHEN d.invoiced = d.other_billed THEN 'other_prices'
    WHEN t.cut_date IS NOT NULL AND t.corrections = t.records THEN 'corrected_later'
    WHEN t.cut_date IS NOT NULL AND t.corrections = 0 THEN 'added_later'
    WHEN t.cut_date IS NOT NULL THEN 'added_and_corrected_later'
    WHEN o.price IS NOT NULL THEN 'price_changed'
    WHEN r.record_id IS NOT NULL AND d.difference * SIGN(d.invoiced) > 0 THEN 'record_repeated'
    WHEN r.record_id IS NOT NULL THEN 'record_missing'
    WHEN d.unpriced > 0 THEN 'partly_no_price'
    ELSE 'unknown'
  END AS kind,
  t.cut_date AS after_date,
  t.records AS later_records,
  o.price AS invoiced_price,
  r.record_id AS example
FROM different AS d
LEFT JOIN later AS t ON t.month = d.month AND t.workspace_id <=> d.workspace_id AND t.sku_name <=> d.sku_name AND t.currency <=> d.currency
LEFT JOIN single AS r ON r.month = d.month AND r.workspace_id <=> d.workspace_id AND r.sku_name <=> d.sku_name AND r.currency <=> d.currency
LEFT JOIN other_price AS o ON o.month = d.month AND o.workspace_id <=> d.workspace_id AND o.sku_name <=> d.sku_name AND o.currency <=> d.currency
LEFT JOIN known_sku AS n ON n.sku_name = d.sku_name
ORDER BY d.month, d.workspace_id, d.sku_name, d.currency
LIMIT 10000
