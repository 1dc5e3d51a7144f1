-- Workspaces, jobs or SKUs by how much their list cost grew.
-- Grain: one row a workspace, a job of a workspace, or a SKU. Compared are the last days_back complete days and the days_back before these: with 7 the
-- columns are what their names say, with other values they are those windows. Two fixed weeks would leave days_back without meaning.
-- When usage does not reach back over the older window nothing is compared, and the dearest come first.
CREATE OR REPLACE FUNCTION get_cost_growth_analysis(
  days_back INT COMMENT 'Days of each of the two windows',
  entity_type STRING DEFAULT 'WORKSPACE' COMMENT 'What is compared: WORKSPACE, JOB or SKU',
  top_n INT DEFAULT 20 COMMENT 'Rows at most'
)
RETURNS TABLE (
  rank INT COMMENT 'Place by growth_amount, 1 grew most',
  entity_id STRING COMMENT 'Workspace, job or SKU',
  entity_name STRING COMMENT 'Name of the workspace or job; its identifier when the name is not known',
  last_7_day_spend DOUBLE COMMENT 'List cost of the last days_back complete days, in list currency',
  prior_7_day_spend DOUBLE COMMENT 'List cost of the days_back days before these, in list currency; null when usage does not reach back so far',
  growth_amount DOUBLE COMMENT 'last_7_day_spend minus prior_7_day_spend, in list currency',
  growth_pct DOUBLE COMMENT 'growth_amount as a share of prior_7_day_spend, percent; null when that is 0'
)
COMMENT "PURPOSE: Ranks workspaces, jobs or SKUs by the growth of list cost between two equal windows of any length up to yesterday.
BEST FOR: What drives our cost growth over the last 30 days? | Which jobs grew the most this month? | Which SKUs are growing?
NOT FOR: last week with a verdict per entity (use get_cost_growth_by_period), totals by week (use get_cost_week_over_week)
RETURNS: one row per workspace, job or SKU, the largest growth first, at most top_n
EXAMPLE: SELECT * FROM get_cost_growth_analysis(30, 'JOB', 10)"
RETURN
  WITH loaded AS (
    SELECT MIN(f.usage_date) AS first_date
    FROM fact_usage AS f
  ),
  usage_in_windows AS (
    SELECT
      CASE entity_type WHEN 'WORKSPACE' THEN f.workspace_id WHEN 'JOB' THEN f.usage_metadata_job_id WHEN 'SKU' THEN f.sku_name END AS id,
      CASE WHEN entity_type = 'JOB' THEN f.workspace_id END AS workspace_of_job,
      f.usage_date >= DATE_SUB(CURRENT_DATE(), days_back) AS is_recent,
      f.list_cost
    FROM fact_usage AS f
    WHERE f.usage_date >= DATE_SUB(CURRENT_DATE(), 2 * days_back) AND f.usage_date < CURRENT_DATE()
  ),
  entity AS (
    SELECT
      u.id,
      u.workspace_of_job,
      COALESCE(SUM(CASE WHEN u.is_recent THEN u.list_cost END), 0) AS cost,
      COALESCE(SUM(CASE WHEN NOT u.is_recent THEN u.list_cost END), 0) AS prior_cost
    FROM usage_in_windows AS u
    WHERE u.id IS NOT NULL
    GROUP BY u.id, u.workspace_of_job
  ),
  compared_entity AS (
    SELECT e.id, e.workspace_of_job, e.cost, CASE WHEN l.first_date <= DATE_SUB(CURRENT_DATE(), 2 * days_back) THEN e.prior_cost END AS prior_cost
    FROM entity AS e
    CROSS JOIN loaded AS l
  ),
  ranked_entity AS (
    SELECT e.*, ROW_NUMBER() OVER (ORDER BY e.cost - e.prior_cost DESC, e.cost DESC, e.id, e.workspace_of_job) AS place
    FROM compared_entity AS e
  )
  SELECT
    CAST(e.place AS INT) AS rank,
    e.id AS entity_id,
    COALESCE(w.workspace_name, j.name, e.id) AS entity_name,
    CAST(e.cost AS DOUBLE) AS last_7_day_spend,
    CAST(e.prior_cost AS DOUBLE) AS prior_7_day_spend,
    CAST(e.cost - e.prior_cost AS DOUBLE) AS growth_amount,
    CAST(e.cost - e.prior_cost AS DOUBLE) / NULLIF(CAST(e.prior_cost AS DOUBLE), 0) * 100 AS growth_pct
  FROM ranked_entity AS e
  LEFT JOIN dim_workspace AS w ON entity_type = 'WORKSPACE' AND w.workspace_id = e.id
  LEFT JOIN dim_job AS j ON j.workspace_id = e.workspace_of_job AND j.job_id = e.id
  WHERE e.place <= top_n
  ORDER BY e.place
