-- Tagged share of records, cost and resources, 2026-06-01 to 2026-06-30. Resources are made distinct by grouping first.
WITH resource AS (
  SELECT
    is_tagged,
    workspace_id,
    coalesce(
      usage_metadata_job_id, usage_metadata_warehouse_id, usage_metadata_dlt_pipeline_id, usage_metadata_cluster_id,
      usage_metadata_endpoint_id, usage_metadata_app_id, usage_metadata_notebook_id
    ) AS id,
    count(*) - 2 * count(*) FILTER (WHERE record_type = 'RETRACTION') AS records,
    sum(list_cost) AS cost
  FROM system_gold.fact_usage
  WHERE usage_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30'
  GROUP BY ALL
),
total AS (
  SELECT
    sum(records)::DOUBLE AS all_records,
    coalesce(sum(records) FILTER (WHERE is_tagged), 0)::DOUBLE AS tagged_records,
    coalesce(sum(cost), 0)::DOUBLE AS all_cost,
    coalesce(sum(cost) FILTER (WHERE is_tagged), 0)::DOUBLE AS tagged_cost,
    coalesce(sum(cost) FILTER (WHERE NOT is_tagged), 0)::DOUBLE AS untagged_cost,
    count(DISTINCT (workspace_id, id)) FILTER (WHERE workspace_id IS NOT NULL AND id IS NOT NULL)::DOUBLE AS all_resources,
    count(DISTINCT (workspace_id, id)) FILTER (WHERE workspace_id IS NOT NULL AND id IS NOT NULL AND is_tagged)::DOUBLE AS tagged_resources
  FROM resource
)
SELECT
  unnest(['record_coverage_pct', 'cost_coverage_pct', 'resource_coverage_pct', 'untagged_cost_usd']) AS metric,
  unnest([
    tagged_records / nullif(all_records, 0) * 100,
    tagged_cost / nullif(all_cost, 0) * 100,
    tagged_resources / nullif(all_resources, 0) * 100,
    untagged_cost
  ]) AS value,
  unnest([
    'Share of the usage records that carry a tag, percent',
    'Share of the list cost that carries a tag, percent',
    'Share of the resources with tagged usage, percent',
    'List cost of usage without tags, in list currency'
  ]) AS description
FROM total
