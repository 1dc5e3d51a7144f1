-- List cost by the values of one tag.
-- Grain: one row a value of the tag; usage that lacks the tag is UNTAGGED, whatever other tags it has.
-- A resource is a job, warehouse, pipeline, cluster, endpoint, app or notebook of a workspace, as in get_untagged_resources; identifiers alone are not unique.
-- total_dbu counts quantities in DBU only: gigabytes and storage units are no DBUs.
CREATE OR REPLACE FUNCTION get_cost_by_tag(
  start_date STRING COMMENT 'First day, YYYY-MM-DD (UTC), inclusive',
  end_date STRING COMMENT 'Last day, YYYY-MM-DD (UTC), inclusive',
  tag_key STRING DEFAULT 'team' COMMENT 'Key of the tag, in its exact case'
)
RETURNS TABLE (
  tag_value STRING COMMENT 'Value of the tag; UNTAGGED for usage without this tag',
  total_cost DOUBLE COMMENT 'List cost of the period, in list currency',
  total_dbu DOUBLE COMMENT 'Usage of the period in DBU; other units are not counted',
  resource_count INT COMMENT 'Jobs, warehouses, pipelines, clusters, endpoints, apps and notebooks with such usage; usage that names none counts none',
  pct_of_total DOUBLE COMMENT 'Share of the list cost of all usage of the period, percent'
)
COMMENT "PURPOSE: Splits the list cost of a period by the values of one custom tag, what lacks the tag included.
BEST FOR: What does each team cost? | How is spend split over environments? | How much usage lacks the tag cost_center?
NOT FOR: several tags at once (use get_spend_by_custom_tags), what to tag (use get_untagged_resources), owners (use get_cost_by_owner)
RETURNS: one row per value of the tag, the most expensive first
EXAMPLE: SELECT * FROM get_cost_by_tag('2026-06-01', '2026-06-30', 'cost_center')"
RETURN
  WITH tagged_cost AS (
    SELECT
      COALESCE(TRY_ELEMENT_AT(f.custom_tags, tag_key), 'UNTAGGED') AS tag_value,
      COALESCE(SUM(f.list_cost), 0) AS cost,
      COALESCE(SUM(CASE WHEN f.usage_unit = 'DBU' THEN f.usage_quantity END), 0) AS dbu,
      COUNT(DISTINCT f.workspace_id, COALESCE(
        f.usage_metadata_job_id, f.usage_metadata_warehouse_id, f.usage_metadata_dlt_pipeline_id, f.usage_metadata_cluster_id,
        f.usage_metadata_endpoint_id, f.usage_metadata_app_id, f.usage_metadata_notebook_id
      )) AS resources
    FROM fact_usage AS f
    WHERE f.usage_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
    GROUP BY COALESCE(TRY_ELEMENT_AT(f.custom_tags, tag_key), 'UNTAGGED')
  )
  SELECT
    t.tag_value,
    CAST(t.cost AS DOUBLE) AS total_cost,
    CAST(t.dbu AS DOUBLE) AS total_dbu,
    CAST(t.resources AS INT) AS resource_count,
    CAST(t.cost AS DOUBLE) / NULLIF(CAST(SUM(t.cost) OVER () AS DOUBLE), 0) * 100 AS pct_of_total
  FROM tagged_cost AS t
  ORDER BY t.cost DESC, t.tag_value
