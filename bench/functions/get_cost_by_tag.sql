-- List cost by the values of the tag team, 2026-06-01 to 2026-06-30. Resources are made distinct by grouping first.
WITH tagged_resource AS (
  SELECT
    coalesce(custom_tags['team'], 'UNTAGGED') AS tag_value,
    workspace_id,
    coalesce(
      usage_metadata_job_id, usage_metadata_warehouse_id, usage_metadata_dlt_pipeline_id, usage_metadata_cluster_id,
      usage_metadata_endpoint_id, usage_metadata_app_id, usage_metadata_notebook_id
    ) AS resource,
    sum(list_cost) AS cost,
    sum(usage_quantity) FILTER (WHERE usage_unit = 'DBU') AS dbu
  FROM system_gold.fact_usage
  WHERE usage_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30'
  GROUP BY ALL
),
tagged_cost AS (
  SELECT
    tag_value,
    coalesce(sum(cost), 0) AS cost,
    coalesce(sum(dbu), 0) AS dbu,
    count(*) FILTER (WHERE workspace_id IS NOT NULL AND resource IS NOT NULL) AS resources
  FROM tagged_resource
  GROUP BY tag_value
)
SELECT
  tag_value,
  cost::DOUBLE AS total_cost,
  dbu::DOUBLE AS total_dbu,
  resources::INTEGER AS resource_count,
  cost::DOUBLE / nullif((sum(cost) OVER ())::DOUBLE, 0) * 100 AS pct_of_total
FROM tagged_cost
ORDER BY cost DESC, tag_value
