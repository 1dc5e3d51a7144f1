-- Cost by cluster
-- Unattributed: usage without a cluster: warehouses, serverless compute, serving, storage
-- Grain: one row a usage record that can be attributed.
-- Input: fact_usage, dim_cluster.
SELECT
  f.record_id,
  CONCAT_WS('/', f.workspace_id, f.usage_metadata_cluster_id) AS attribution_key,
  d.cluster_name AS attribution_name
FROM fact_usage AS f
LEFT JOIN dim_cluster AS d ON d.workspace_id <=> f.workspace_id AND d.cluster_id = f.usage_metadata_cluster_id
WHERE f.usage_metadata_cluster_id IS NOT NULL
