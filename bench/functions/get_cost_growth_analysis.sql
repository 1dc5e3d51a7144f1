-- Growth of the list cost of workspaces, the 30 days before 2026-07-01 against the 30 before these, the first 20.
WITH workspace AS (
  SELECT
    workspace_id AS id,
    coalesce(sum(list_cost) FILTER (WHERE usage_date >= DATE '2026-06-01'), 0) AS cost,
    CASE WHEN (SELECT min(usage_date) FROM system_gold.fact_usage) <= DATE '2026-05-02'
      THEN coalesce(sum(list_cost) FILTER (WHERE usage_date < DATE '2026-06-01'), 0) END AS prior_cost
  FROM system_gold.fact_usage
  WHERE usage_date >= DATE '2026-05-02' AND usage_date < DATE '2026-07-01' AND workspace_id IS NOT NULL
  GROUP BY ALL
)
SELECT
  row_number() OVER (ORDER BY e.cost - e.prior_cost DESC, e.cost DESC, e.id)::INTEGER AS rank,
  e.id AS entity_id,
  coalesce(w.workspace_name, e.id) AS entity_name,
  e.cost::DOUBLE AS last_7_day_spend,
  e.prior_cost::DOUBLE AS prior_7_day_spend,
  (e.cost - e.prior_cost)::DOUBLE AS growth_amount,
  (e.cost - e.prior_cost)::DOUBLE / nullif(e.prior_cost::DOUBLE, 0) * 100 AS growth_pct
FROM workspace AS e
LEFT JOIN system_gold.dim_workspace AS w ON w.workspace_id = e.id
ORDER BY rank
LIMIT 20
