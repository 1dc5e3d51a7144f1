-- What costs and has no tag at all.
-- Grain: one row a resource of a workspace; what names no resource (storage, networking, ...) is one row a product. Usage that was taken back
-- in full costs nothing and is left out.
-- The kind is compared with the parameter, not with itself. A cluster of a pipeline is that pipeline: it is made anew with every update.
CREATE OR REPLACE FUNCTION get_untagged_resources(
  start_date STRING COMMENT 'First day, YYYY-MM-DD (UTC), inclusive',
  end_date STRING COMMENT 'Last day, YYYY-MM-DD (UTC), inclusive',
  resource_type STRING DEFAULT 'ALL' COMMENT 'JOB, WAREHOUSE, CLUSTER or OTHER; ALL for every kind'
)
RETURNS TABLE (
  resource_type STRING COMMENT 'JOB, WAREHOUSE, CLUSTER, or OTHER: pipelines, endpoints, apps, notebooks, and products without a resource',
  resource_id STRING COMMENT 'Identifier of the resource in its workspace; null for a product without a resource',
  resource_name STRING COMMENT 'Name or path of the resource, the product when there is no resource, Unknown when nothing tells',
  owner STRING COMMENT 'Who it ran as, else its owner, by the newest usage that names somebody; null when none does',
  total_cost DOUBLE COMMENT 'List cost of the usage without tags in the period, in list currency',
  last_used DATE COMMENT 'UTC day of the newest usage without tags in the period'
)
COMMENT "PURPOSE: Lists the resources whose usage carries no tag at all, with owner and list cost, so that somebody can tag them.
BEST FOR: Which resources have no tags? | Which untagged jobs cost the most? | Whom do I ask to tag a cluster?
NOT FOR: the untagged share in percent (use get_tag_coverage), usage that lacks one key only (use get_cost_by_tag)
RETURNS: one row per resource without tags, the most expensive first
EXAMPLE: SELECT * FROM get_untagged_resources('2026-06-01', '2026-06-30', 'JOB')"
RETURN
  WITH untagged_usage AS (
    SELECT
      f.*,
      CASE
        WHEN f.usage_metadata_job_id IS NOT NULL THEN 'JOB'
        WHEN f.usage_metadata_warehouse_id IS NOT NULL THEN 'WAREHOUSE'
        WHEN f.usage_metadata_dlt_pipeline_id IS NULL AND f.usage_metadata_cluster_id IS NOT NULL THEN 'CLUSTER'
        ELSE 'OTHER'
      END AS kind,
      COALESCE(
        f.usage_metadata_job_id, f.usage_metadata_warehouse_id, f.usage_metadata_dlt_pipeline_id, f.usage_metadata_cluster_id,
        f.usage_metadata_endpoint_id, f.usage_metadata_app_id, f.usage_metadata_notebook_id
      ) AS id,
      COALESCE(f.identity_metadata_run_as, f.identity_metadata_owned_by) AS identity
    FROM fact_usage AS f
    WHERE f.usage_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE) AND NOT f.is_tagged
  ),
  resource AS (
    SELECT
      CASE WHEN u.id IS NOT NULL THEN u.workspace_id END AS workspace_id,
      u.kind,
      u.id,
      CASE WHEN u.id IS NULL THEN u.billing_origin_product END AS product,
      MAX(CASE
        WHEN u.kind = 'JOB' THEN u.usage_metadata_job_name
        WHEN u.kind = 'OTHER' THEN COALESCE(u.usage_metadata_endpoint_name, u.usage_metadata_app_name, u.usage_metadata_notebook_path)
      END) AS name_in_usage,
      MAX_BY(u.identity, STRUCT(u.usage_date, u.identity)) FILTER (WHERE u.identity IS NOT NULL) AS newest_identity,
      SUM(u.list_cost) AS cost,
      MAX(u.usage_date) AS newest_date
    FROM untagged_usage AS u
    WHERE resource_type = 'ALL' OR u.kind = resource_type
    GROUP BY
      CASE WHEN u.id IS NOT NULL THEN u.workspace_id END,
      u.kind,
      u.id,
      CASE WHEN u.id IS NULL THEN u.billing_origin_product END
    HAVING SUM(u.list_cost) > 0
  )
  SELECT
    r.kind AS resource_type,
    r.id AS resource_id,
    COALESCE(j.name, w.warehouse_name, c.cluster_name, p.name, r.name_in_usage, r.product, 'Unknown') AS resource_name,
    r.newest_identity AS owner,
    CAST(r.cost AS DOUBLE) AS total_cost,
    r.newest_date AS last_used
  FROM resource AS r
  LEFT JOIN dim_job AS j ON r.kind = 'JOB' AND j.workspace_id = r.workspace_id AND j.job_id = r.id
  LEFT JOIN dim_warehouse AS w ON r.kind = 'WAREHOUSE' AND w.workspace_id = r.workspace_id AND w.warehouse_id = r.id
  LEFT JOIN dim_cluster AS c ON r.kind = 'CLUSTER' AND c.workspace_id = r.workspace_id AND c.cluster_id = r.id
  LEFT JOIN dim_pipeline AS p ON r.kind = 'OTHER' AND p.workspace_id = r.workspace_id AND p.pipeline_id = r.id
  ORDER BY r.cost DESC, r.kind, r.id, r.product, r.workspace_id
