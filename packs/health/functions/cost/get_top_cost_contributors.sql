-- Workspaces and SKUs by list cost.
-- Grain: one row a workspace and SKU; usage of the account itself has no workspace. Shares are of all usage of the period, not of the rows that are left.
-- total_dbu counts quantities in DBU only: gigabytes and storage units are no DBUs.
CREATE OR REPLACE FUNCTION get_top_cost_contributors(
  start_date STRING COMMENT 'First day, YYYY-MM-DD (UTC), inclusive',
  end_date STRING COMMENT 'Last day, YYYY-MM-DD (UTC), inclusive',
  top_n INT DEFAULT 10 COMMENT 'Rows at most'
)
RETURNS TABLE (
  rank INT COMMENT 'Place by total_cost, 1 is the most expensive',
  workspace_id STRING COMMENT 'Workspace; null for usage of the account',
  workspace_name STRING COMMENT 'Name of the workspace, its id when the name is not known, ACCOUNT for usage of the account',
  sku_name STRING COMMENT 'SKU that is billed',
  total_dbu DOUBLE COMMENT 'Usage in DBU; 0 for SKUs that are billed in other units',
  total_cost DOUBLE COMMENT 'List cost of the period, in list currency',
  pct_of_total DOUBLE COMMENT 'Share of the list cost of all usage of the period, percent'
)
COMMENT "PURPOSE: Ranks pairs of workspace and SKU by list cost over a period, with their share of all cost.
BEST FOR: What costs the most? | Which workspaces and SKUs drive our spend? | Where did the money go last month?
NOT FOR: growth (use get_cost_growth_analysis), days of one SKU (use get_cost_trend_by_sku), people (use get_cost_by_owner)
RETURNS: one row per workspace and SKU, the most expensive first, at most top_n
EXAMPLE: SELECT * FROM get_top_cost_contributors('2026-06-01', '2026-06-30', 5)"
RETURN
  WITH pair AS (
    SELECT
      f.workspace_id,
      f.sku_name,
      COALESCE(SUM(CASE WHEN f.usage_unit = 'DBU' THEN f.usage_quantity END), 0) AS dbu,
      COALESCE(SUM(f.list_cost), 0) AS cost
    FROM fact_usage AS f
    WHERE f.usage_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
    GROUP BY f.workspace_id, f.sku_name
  ),
  ranked_pair AS (
    SELECT p.*, SUM(p.cost) OVER () AS cost_of_all, ROW_NUMBER() OVER (ORDER BY p.cost DESC, p.workspace_id, p.sku_name) AS place
    FROM pair AS p
  )
  SELECT
    CAST(p.place AS INT) AS rank,
    p.workspace_id,
    CASE WHEN p.workspace_id IS NULL THEN 'ACCOUNT' ELSE COALESCE(w.workspace_name, p.workspace_id) END AS workspace_name,
    p.sku_name,
    CAST(p.dbu AS DOUBLE) AS total_dbu,
    CAST(p.cost AS DOUBLE) AS total_cost,
    CAST(p.cost AS DOUBLE) / NULLIF(CAST(p.cost_of_all AS DOUBLE), 0) * 100 AS pct_of_total
  FROM ranked_pair AS p
  LEFT JOIN dim_workspace AS w ON w.workspace_id = p.workspace_id
  WHERE p.place <= top_n
  ORDER BY p.place
