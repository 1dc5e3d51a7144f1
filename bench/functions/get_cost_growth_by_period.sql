-- Growth of the list cost of workspaces, the 7 days before 2026-07-01 against the 7 before these, the first 20, with a category.
WITH workspace AS (
  SELECT
    workspace_id AS id,
    coalesce(sum(list_cost) FILTER (WHERE usage_date >= DATE '2026-06-24'), 0) AS cost,
    CASE WHEN (SELECT min(usage_date) FROM system_gold.fact_usage) <= DATE '2026-06-17'
      THEN coalesce(sum(list_cost) FILTER (WHERE usage_date < DATE '2026-06-24'), 0) END AS prior_cost
  FROM system_gold.fact_usage
  WHERE usage_date >= DATE '2026-06-17' AND usage_date < DATE '2026-07-01' AND workspace_id IS NOT NULL
  GROUP BY ALL
)
SELECT
  row_number() OVER (ORDER BY e.cost - e.prior_cost DESC, e.cost DESC, e.id)::INTEGER AS rank,
  e.id AS entity_id,
  coalesce(w.workspace_name, e.id) AS entity_name,
  e.cost::DOUBLE AS recent_7d_spend,
  e.prior_cost::DOUBLE AS prior_7d_spend,
  (e.cost - e.prior_cost)::DOUBLE AS absolute_change,
  (e.cost - e.prior_cost)::DOUBLE / nullif(e.prior_cost::DOUBLE, 0) * 100 AS pct_change,
  CASE
    WHEN absolute_change IS NULL THEN NULL
    WHEN pct_change IS NULL THEN CASE WHEN absolute_change > 0 THEN 'SPIKE' ELSE 'STABLE' END
    WHEN pct_change >= 50 THEN 'SPIKE'
    WHEN pct_change >= 10 THEN 'GROWTH'
    WHEN pct_change <= -50 THEN 'DROP'
    WHEN pct_change <= -10 THEN 'DECLINE'
    ELSE 'STABLE'
  END AS change_category
FROM workspace AS e
LEFT JOIN system_gold.dim_workspace AS w ON w.workspace_id = e.id
ORDER BY rank
LIMIT 20
