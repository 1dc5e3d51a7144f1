-- How much of the usage carries tags.
-- Grain: four rows, always: records, cost, resources, and the cost that is left. Percentages are null when the period has nothing to count.
-- A RETRACTION takes the record away that it retracts, so corrections do not count twice. A resource is tagged when any of its usage in the period is;
-- resources are those of get_untagged_resources.
CREATE OR REPLACE FUNCTION get_tag_coverage(
  start_date STRING COMMENT 'First day, YYYY-MM-DD (UTC), inclusive',
  end_date STRING COMMENT 'Last day, YYYY-MM-DD (UTC), inclusive'
)
RETURNS TABLE (
  metric STRING COMMENT 'record_coverage_pct, cost_coverage_pct, resource_coverage_pct or untagged_cost_usd',
  value DOUBLE COMMENT 'Percent, for untagged_cost_usd list currency; a percentage is null when there is nothing to count',
  description STRING COMMENT 'What the value means'
)
COMMENT "PURPOSE: Tells in four numbers how much usage is tagged: share of records, of list cost, of resources, and the untagged cost.
BEST FOR: How good is our tagging? | What percentage of cost is tagged? | How much do we spend without any tag?
NOT FOR: which resources lack tags (use get_untagged_resources), cost by value of a tag (use get_cost_by_tag)
RETURNS: one row per measure, always four
EXAMPLE: SELECT * FROM get_tag_coverage('2026-06-01', '2026-06-30')"
RETURN
  WITH usage_record AS (
    SELECT
      f.is_tagged,
      f.list_cost,
      CASE WHEN f.record_type = 'RETRACTION' THEN -1 ELSE 1 END AS records,
      f.workspace_id,
      COALESCE(
        f.usage_metadata_job_id, f.usage_metadata_warehouse_id, f.usage_metadata_dlt_pipeline_id, f.usage_metadata_cluster_id,
        f.usage_metadata_endpoint_id, f.usage_metadata_app_id, f.usage_metadata_notebook_id
      ) AS resource
    FROM fact_usage AS f
    WHERE f.usage_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
  ),
  total AS (
    SELECT
      CAST(SUM(u.records) AS DOUBLE) AS all_records,
      CAST(SUM(CASE WHEN u.is_tagged THEN u.records ELSE 0 END) AS DOUBLE) AS tagged_records,
      CAST(COALESCE(SUM(u.list_cost), 0) AS DOUBLE) AS all_cost,
      CAST(COALESCE(SUM(CASE WHEN u.is_tagged THEN u.list_cost END), 0) AS DOUBLE) AS tagged_cost,
      CAST(COALESCE(SUM(CASE WHEN NOT u.is_tagged THEN u.list_cost END), 0) AS DOUBLE) AS untagged_cost,
      CAST(COUNT(DISTINCT u.workspace_id, u.resource) AS DOUBLE) AS all_resources,
      CAST(COUNT(DISTINCT u.workspace_id, CASE WHEN u.is_tagged THEN u.resource END) AS DOUBLE) AS tagged_resources
    FROM usage_record AS u
  )
  SELECT
    m.metric,
    CASE m.metric
      WHEN 'record_coverage_pct' THEN t.tagged_records / NULLIF(t.all_records, 0) * 100
      WHEN 'cost_coverage_pct' THEN t.tagged_cost / NULLIF(t.all_cost, 0) * 100
      WHEN 'resource_coverage_pct' THEN t.tagged_resources / NULLIF(t.all_resources, 0) * 100
      ELSE t.untagged_cost
    END AS value,
    m.description
  FROM total AS t
  CROSS JOIN (
    VALUES
      (1, 'record_coverage_pct', 'Share of the usage records that carry a tag, percent'),
      (2, 'cost_coverage_pct', 'Share of the list cost that carries a tag, percent'),
      (3, 'resource_coverage_pct', 'Share of the resources with tagged usage, percent'),
      (4, 'untagged_cost_usd', 'List cost of usage without tags, in list currency')
  ) AS m (place, metric, description)
  ORDER BY m.place
