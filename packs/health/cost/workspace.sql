-- Cost by workspace
-- Unattributed: usage of the account, which no workspace caused
-- Grain: one row a usage record that can be attributed.
-- Input: fact_usage, dim_workspace.
SELECT
  f.record_id,
  f.workspace_id AS attribution_key,
  d.workspace_name AS attribution_name
FROM fact_usage AS f
LEFT JOIN dim_workspace AS d ON d.workspace_id = f.workspace_id
WHERE f.workspace_id IS NOT NULL
