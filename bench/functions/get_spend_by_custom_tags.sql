-- List cost by the values of the tags team, project and cost_center, 2026-06-01 to 2026-06-30: one pass, then a grouping set a tag.
WITH tagged_job AS (
  SELECT
    coalesce(custom_tags['team'], 'UNTAGGED') AS team,
    coalesce(custom_tags['project'], 'UNTAGGED') AS project,
    coalesce(custom_tags['cost_center'], 'UNTAGGED') AS cost_center,
    workspace_id,
    usage_metadata_job_id AS job_id,
    sum(usage_quantity) FILTER (WHERE usage_unit = 'DBU') AS dbu,
    sum(list_cost) AS cost
  FROM system_gold.fact_usage
  WHERE usage_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30'
  GROUP BY ALL
),
tagged_cost AS (
  SELECT
    CASE WHEN grouping(team) = 0 THEN 'team' WHEN grouping(project) = 0 THEN 'project' ELSE 'cost_center' END AS tag_key,
    coalesce(team, project, cost_center) AS tag_value,
    coalesce(sum(dbu), 0) AS dbu,
    coalesce(sum(cost), 0) AS cost,
    count(DISTINCT workspace_id) AS workspaces,
    count(DISTINCT (workspace_id, job_id)) FILTER (WHERE workspace_id IS NOT NULL AND job_id IS NOT NULL) AS jobs
  FROM tagged_job
  GROUP BY GROUPING SETS ((team), (project), (cost_center))
)
SELECT
  tag_key,
  tag_value,
  dbu::DOUBLE AS total_dbu,
  cost::DOUBLE AS total_cost,
  cost::DOUBLE / nullif((sum(cost) OVER (PARTITION BY tag_key))::DOUBLE, 0) * 100 AS pct_of_total,
  workspaces::INTEGER AS workspace_count,
  jobs::INTEGER AS job_count
FROM tagged_cost
ORDER BY tag_key, cost DESC, tag_value
