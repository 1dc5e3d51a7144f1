CREATE TABLE gold.dim_cluster_history AS
SELECT
  b.account_id,
  b.workspace_id,
  b.cluster_id,
  b.cluster_name,
  b.owned_by,
  b.driver_node_type,
  b.worker_node_type,
  b.worker_count,
  b.min_autoscale_workers,
  b.max_autoscale_workers,
  b.auto_termination_minutes,
  b.cluster_source,
  b.dbr_version,
  b.data_security_mode,
  b.policy_id,
  to_json(b.tags)::VARCHAR AS tags_json,
  b.delete_time,
  b.change_time AS valid_from,
  lead(b.change_time) OVER w AS valid_to,
  lead(TRUE) OVER w IS NULL AS is_current
FROM bronze.clusters AS b
WINDOW w AS (PARTITION BY b.workspace_id, b.cluster_id ORDER BY b.change_time);
