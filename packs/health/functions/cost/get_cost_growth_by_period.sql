-- Workspaces, jobs or SKUs: the last seven complete days against the seven before, with a verdict.
-- Grain: one row a workspace, a job of a workspace, or a SKU; windows, names and ranks are those of get_cost_growth_analysis with 7 days.
CREATE OR REPLACE FUNCTION get_cost_growth_by_period(
  entity_type STRING COMMENT 'What is compared: WORKSPACE, JOB or SKU',
  top_n INT DEFAULT 20 COMMENT 'Rows at most'
)
RETURNS TABLE (
  rank INT COMMENT 'Place by absolute_change, 1 grew most',
  entity_id STRING COMMENT 'Workspace, job or SKU',
  entity_name STRING COMMENT 'Name of the workspace or job; its identifier when the name is not known',
  recent_7d_spend DOUBLE COMMENT 'List cost of the last seven complete days, in list currency',
  prior_7d_spend DOUBLE COMMENT 'List cost of the seven days before these, in list currency; null when usage does not reach back so far',
  absolute_change DOUBLE COMMENT 'recent_7d_spend minus prior_7d_spend, in list currency; below 0 when it fell',
  pct_change DOUBLE COMMENT 'absolute_change as a share of prior_7d_spend, percent; null when that is 0',
  change_category STRING COMMENT 'SPIKE (or new), GROWTH, STABLE, DECLINE, DROP by threshold.cost_spike_pct and threshold.cost_change_pct; null if not compared'
)
COMMENT "PURPOSE: Compares the last 7 days with the 7 before per workspace, job or SKU, and sorts each into SPIKE, GROWTH, STABLE, DECLINE, DROP.
BEST FOR: Which workspaces spiked last week? | Which jobs got cheaper this week? | What changed in cost since last week?
NOT FOR: other window lengths (use get_cost_growth_analysis), calendar weeks in total (use get_cost_week_over_week)
RETURNS: one row per workspace, job or SKU, the largest growth first, at most top_n
EXAMPLE: SELECT * FROM get_cost_growth_by_period('JOB', 10)"
RETURN
  SELECT
    g.rank,
    g.entity_id,
    g.entity_name,
    g.last_7_day_spend AS recent_7d_spend,
    g.prior_7_day_spend AS prior_7d_spend,
    g.growth_amount AS absolute_change,
    g.growth_pct AS pct_change,
    CASE
      WHEN g.growth_amount IS NULL THEN NULL
      WHEN g.growth_pct IS NULL THEN CASE WHEN g.growth_amount > 0 THEN 'SPIKE' ELSE 'STABLE' END
      WHEN g.growth_pct >= CAST(${threshold.cost_spike_pct} AS DOUBLE) THEN 'SPIKE'
      WHEN g.growth_pct >= CAST(${threshold.cost_change_pct} AS DOUBLE) THEN 'GROWTH'
      WHEN g.growth_pct <= -CAST(${threshold.cost_spike_pct} AS DOUBLE) THEN 'DROP'
      WHEN g.growth_pct <= -CAST(${threshold.cost_change_pct} AS DOUBLE) THEN 'DECLINE'
      ELSE 'STABLE'
    END AS change_category
  FROM get_cost_growth_analysis(7, entity_type, top_n) AS g
  ORDER BY g.rank
