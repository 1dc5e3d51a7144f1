-- Workspaces and SKUs by list cost, 2026-06-01 to 2026-06-30, the first 10.
WITH pair AS (
  SELECT workspace_id, sku_name, coalesce(sum(usage_quantity) FILTER (WHERE usage_unit = 'DBU'), 0) AS dbu, coalesce(sum(list_cost), 0) AS cost
  FROM system_gold.fact_usage
  WHERE usage_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30'
  GROUP BY ALL
),
ranked_pair AS (
  SELECT *, sum(cost) OVER () AS cost_of_all, row_number() OVER (ORDER BY cost DESC, workspace_id, sku_name) AS place
  FROM pair
  QUALIFY place <= 10
)
SELECT
  p.place::INTEGER AS rank,
  p.workspace_id,
  CASE WHEN p.workspace_id IS NULL THEN 'ACCOUNT' ELSE coalesce(w.workspace_name, p.workspace_id) END AS workspace_name,
  p.sku_name,
  p.dbu::DOUBLE AS total_dbu,
  p.cost::DOUBLE AS total_cost,
  p.cost::DOUBLE / nullif(p.cost_of_all::DOUBLE, 0) * 100 AS pct_of_total
FROM ranked_pair AS p
LEFT JOIN system_gold.dim_workspace AS w USING (workspace_id)
ORDER BY rank
