-- List cost by the values of several tags, one tag after the other.
-- Grain: one row a tag key and value; what lacks the key is UNTAGGED under it. Every key splits all usage: adding up over keys counts cost once a key.
-- Keys are cut at commas, trimmed, and each counts once. Jobs are counted by workspace and job. total_dbu counts quantities in DBU only.
CREATE OR REPLACE FUNCTION get_spend_by_custom_tags(
  start_date STRING COMMENT 'First day, YYYY-MM-DD (UTC), inclusive',
  end_date STRING COMMENT 'Last day, YYYY-MM-DD (UTC), inclusive',
  tag_keys STRING DEFAULT 'team,project,cost_center' COMMENT 'Keys of tags, separated by commas, in their exact case'
)
RETURNS TABLE (
  tag_key STRING COMMENT 'Key of the tag',
  tag_value STRING COMMENT 'Value of the tag; UNTAGGED for usage without this tag',
  total_dbu DOUBLE COMMENT 'Usage of the period in DBU; other units are not counted',
  total_cost DOUBLE COMMENT 'List cost of the period, in list currency',
  pct_of_total DOUBLE COMMENT 'Share of the list cost of all usage of the period, percent; adds up to 100 for each key',
  workspace_count INT COMMENT 'Workspaces with such usage',
  job_count INT COMMENT 'Jobs with such usage'
)
COMMENT "PURPOSE: Splits the list cost of a period by several custom tags side by side, each tag key on its own.
BEST FOR: What do teams, projects and cost centres cost? | Which of our tag keys explains the spend best? | Which tags are in use?
NOT FOR: one tag only (use get_cost_by_tag), tagging quality (use get_tag_coverage), resources to tag (use get_untagged_resources)
RETURNS: one row per tag key and value, by key, the most expensive value first
EXAMPLE: SELECT * FROM get_spend_by_custom_tags('2026-06-01', '2026-06-30', 'team,env')"
RETURN
  WITH wanted_tag AS (
    SELECT DISTINCT TRIM(k.part) AS tag_key
    FROM (SELECT EXPLODE(SPLIT(tag_keys, ',')) AS part) AS k
    WHERE TRIM(k.part) <> ''
  ),
  tagged_cost AS (
    SELECT
      k.tag_key,
      COALESCE(TRY_ELEMENT_AT(f.custom_tags, k.tag_key), 'UNTAGGED') AS tag_value,
      COALESCE(SUM(CASE WHEN f.usage_unit = 'DBU' THEN f.usage_quantity END), 0) AS dbu,
      COALESCE(SUM(f.list_cost), 0) AS cost,
      COUNT(DISTINCT f.workspace_id) AS workspaces,
      COUNT(DISTINCT f.workspace_id, f.usage_metadata_job_id) AS jobs
    FROM fact_usage AS f
    CROSS JOIN wanted_tag AS k
    WHERE f.usage_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
    GROUP BY k.tag_key, COALESCE(TRY_ELEMENT_AT(f.custom_tags, k.tag_key), 'UNTAGGED')
  )
  SELECT
    t.tag_key,
    t.tag_value,
    CAST(t.dbu AS DOUBLE) AS total_dbu,
    CAST(t.cost AS DOUBLE) AS total_cost,
    CAST(t.cost AS DOUBLE) / NULLIF(CAST(SUM(t.cost) OVER (PARTITION BY t.tag_key) AS DOUBLE), 0) * 100 AS pct_of_total,
    CAST(t.workspaces AS INT) AS workspace_count,
    CAST(t.jobs AS INT) AS job_count
  FROM tagged_cost AS t
  ORDER BY t.tag_key, t.cost DESC, t.tag_value
