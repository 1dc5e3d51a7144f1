-- Age of the gold tables by subject.
-- Grain: one row a subject that has tables. The subject is told by the name of a table, warehouses are compute; what fits none is other.
-- Hours have a fraction. The threshold is only repeated beside them, so that a reader or a chart has both.
CREATE OR REPLACE FUNCTION get_data_freshness_by_domain(
  freshness_threshold_hours INT COMMENT 'Hours since the last change that a table may have; it is returned beside the ages'
)
RETURNS TABLE (
  domain STRING COMMENT 'billing, lakeflow, query_performance, compute, security or other',
  table_count INT COMMENT 'Gold tables of the subject',
  avg_hours_since_update DOUBLE COMMENT 'Hours since their last change, on average',
  max_hours_since_update DOUBLE COMMENT 'Hours since the last change of the longest unchanged one',
  min_hours_since_update DOUBLE COMMENT 'Hours since the last change of the newest one',
  freshness_threshold INT COMMENT 'The threshold that was asked for, in hours'
)
COMMENT 'PURPOSE: Age of the gold tables rolled up by subject: billing, jobs and pipelines, queries, compute, security, other.
BEST FOR: Which subject has the oldest data? | Is the billing data fresh? | How many tables does each subject have, and how old are they?
NOT FOR: single tables (use get_table_freshness), an overall verdict (use get_data_quality_summary)
RETURNS: one row per subject, the one with the longest unchanged table first
EXAMPLE: SELECT * FROM get_data_freshness_by_domain(24)'
RETURN
  WITH gold_table AS (
    SELECT
      CASE
        WHEN t.table_name RLIKE 'usage$|price|_sku' AND t.table_name NOT LIKE '%endpoint%' THEN 'billing'
        WHEN t.table_name RLIKE '_job|_pipeline' THEN 'lakeflow'
        WHEN t.table_name RLIKE '_query' THEN 'query_performance'
        WHEN t.table_name RLIKE '_cluster|_node|_warehouse' THEN 'compute'
        WHEN t.table_name RLIKE '_audit|_lineage|_network|_user|_clean_room|_assistant|_classification' THEN 'security'
        ELSE 'other'
      END AS domain,
      CAST(TIMESTAMPDIFF(SECOND, t.last_altered, CURRENT_TIMESTAMP()) AS DOUBLE) / 3600 AS hours_since_update
    FROM information_schema.tables AS t
    WHERE t.table_schema = 'system_gold' AND t.table_type = 'MANAGED'
  ),
  domain_age AS (
    SELECT
      g.domain,
      COUNT(*) AS table_count,
      AVG(g.hours_since_update) AS avg_hours_since_update,
      MAX(g.hours_since_update) AS max_hours_since_update,
      MIN(g.hours_since_update) AS min_hours_since_update
    FROM gold_table AS g
    GROUP BY g.domain
  )
  SELECT
    a.domain,
    CAST(a.table_count AS INT) AS table_count,
    a.avg_hours_since_update,
    a.max_hours_since_update,
    a.min_hours_since_update,
    freshness_threshold_hours AS freshness_threshold
  FROM domain_age AS a
  ORDER BY max_hours_since_update DESC, domain;
