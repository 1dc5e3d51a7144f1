-- Resources whose usage carries no tag, 2026-06-01 to 2026-06-30.
WITH untagged_usage AS (
  SELECT
    *,
    CASE
      WHEN usage_metadata_job_id IS NOT NULL THEN 'JOB'
      WHEN usage_metadata_warehouse_id IS NOT NULL THEN 'WAREHOUSE'
      WHEN usage_metadata_dlt_pipeline_id IS NULL AND usage_metadata_cluster_id IS NOT NULL THEN 'CLUSTER'
      ELSE 'OTHER'
    END AS kind,
    coalesce(
      usage_metadata_job_id, usage_metadata_warehouse_id, usage_metadata_dlt_pipeline_id, usage_metadata_cluster_id,
      usage_metadata_endpoint_id, usage_metadata_app_id, usage_metadata_notebook_id
    ) AS id,
    coalesce(identity_metadata_run_as, identity_metadata_owned_by) AS identity
  FROM system_gold.fact_usage
  WHERE usage_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30' AND NOT is_tagged
),
resource AS (
  SELECT
    CASE WHEN id IS NOT NULL THEN workspace_id END AS workspace,
    kind,
    id,
    CASE WHEN id IS NULL THEN billing_origin_product END AS product,
    max(CASE
      WHEN kind = 'JOB' THEN usage_metadata_job_name
      WHEN kind = 'OTHER' THEN coalesce(usage_metadata_endpoint_name, usage_metadata_app_name, usage_metadata_notebook_path)
    END) AS name_in_usage,
    arg_max(identity, (usage_date, identity)) FILTER (WHERE identity IS NOT NULL) AS newest_identity,
    sum(list_cost) AS cost,
    max(usage_date) AS newest_date
  FROM untagged_usage
  GROUP BY ALL
  HAVING sum(list_cost) > 0
)
SELECT
  r.kind AS resource_type,
  r.id AS resource_id,
  coalesce(j.name, w.warehouse_name, c.cluster_name, p.name, r.name_in_usage, r.product, 'Unknown') AS resource_name,
  r.newest_identity AS owner,
  r.cost::DOUBLE AS total_cost,
  r.newest_date AS last_used
FROM resource AS r
LEFT JOIN system_gold.dim_job AS j ON r.kind = 'JOB' AND j.workspace_id = r.workspace AND j.job_id = r.id
LEFT JOIN system_gold.dim_warehouse AS w ON r.kind = 'WAREHOUSE' AND w.workspace_id = r.workspace AND w.warehouse_id = r.id
LEFT JOIN system_gold.dim_cluster AS c ON r.kind = 'CLUSTER' AND c.workspace_id = r.workspace AND c.cluster_id = r.id
LEFT JOIN system_gold.dim_pipeline AS p ON r.kind = 'OTHER' AND p.workspace_id = r.workspace AND p.pipeline_id = r.id
ORDER BY r.cost DESC, r.kind, r.id, r.product, r.workspace
