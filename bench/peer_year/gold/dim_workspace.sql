CREATE TABLE gold.dim_workspace AS
SELECT
  b.account_id,
  b.workspace_id,
  b.workspace_name,
  b.workspace_url,
  b.create_time,
  b.status
FROM bronze.workspaces_latest AS b;
