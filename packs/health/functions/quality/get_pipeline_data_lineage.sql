-- What each job, pipeline, notebook, dashboard or query reads and writes.
-- Grain: one row a workspace and entity. Window: the days_back complete UTC days before today. Ad hoc statements belong to no entity and are left out.
-- Jobs and pipelines are given their names, joined by workspace and id. Several rows of lineage may belong to one event: events are counted.
CREATE OR REPLACE FUNCTION get_pipeline_data_lineage(
  days_back INT COMMENT 'Complete UTC days before today',
  entity_filter STRING DEFAULT 'ALL' COMMENT 'Exact entity type: JOB, PIPELINE, NOTEBOOK, DASHBOARD_V3, DBSQL_QUERY; ALL for every one'
)
RETURNS TABLE (
  entity_type STRING COMMENT 'JOB, PIPELINE, NOTEBOOK, DASHBOARD_V3 or DBSQL_QUERY',
  entity_id STRING COMMENT 'Identifier of the job, pipeline, notebook, dashboard or query',
  entity_name STRING COMMENT 'Name of the job or pipeline as it is now; else entity_id',
  source_tables STRING COMMENT 'Tables that it read in order of name, separated by comma; empty when it read none',
  target_tables STRING COMMENT 'Tables that it wrote in order of name, separated by comma; empty when it wrote none',
  source_count INT COMMENT 'Different tables that it read',
  target_count INT COMMENT 'Different tables that it wrote',
  unique_days INT COMMENT 'UTC days of the window on which it read or wrote',
  total_events INT COMMENT 'Events in lineage',
  last_run_date DATE COMMENT 'Last UTC day of the window on which it read or wrote',
  complexity_score INT COMMENT 'source_count + 2 * target_count; more tables are harder to change'
)
COMMENT 'PURPOSE: Data lineage per job, pipeline or other entity: tables that it reads and writes, how often, and a score of complexity.
BEST FOR: Which tables does this job read and write? | Which pipelines are the most complex? | What breaks when this job fails?
NOT FOR: who accessed a table on which day (use get_table_access_audit), unused tables (use get_table_activity_status)
RETURNS: one row per entity, highest complexity first, then most events
EXAMPLE: SELECT * FROM get_pipeline_data_lineage(30, entity_filter => \'JOB\')'
RETURN
  WITH entity_lineage AS (
    SELECT
      l.workspace_id,
      l.entity_type,
      l.entity_id,
      ARRAY_SORT(COLLECT_SET(l.source_table_full_name)) AS sources,
      ARRAY_SORT(COLLECT_SET(l.target_table_full_name)) AS targets,
      COUNT(DISTINCT l.event_date) AS unique_days,
      COUNT(DISTINCT COALESCE(l.event_id, l.record_id)) AS total_events,
      MAX(l.event_date) AS last_run_date
    FROM fact_table_lineage AS l
    WHERE l.event_date >= DATE_SUB(CURRENT_DATE(), days_back)
      AND l.event_date < CURRENT_DATE()
      AND l.entity_id IS NOT NULL
      AND (entity_filter = 'ALL' OR l.entity_type = entity_filter)
    GROUP BY l.workspace_id, l.entity_type, l.entity_id
  )
  SELECT
    e.entity_type,
    e.entity_id,
    COALESCE(j.name, p.name, e.entity_id) AS entity_name,
    ARRAY_JOIN(e.sources, ', ') AS source_tables,
    ARRAY_JOIN(e.targets, ', ') AS target_tables,
    SIZE(e.sources) AS source_count,
    SIZE(e.targets) AS target_count,
    CAST(e.unique_days AS INT) AS unique_days,
    CAST(e.total_events AS INT) AS total_events,
    e.last_run_date,
    SIZE(e.sources) + 2 * SIZE(e.targets) AS complexity_score
  FROM entity_lineage AS e
  LEFT JOIN dim_job AS j ON e.entity_type = 'JOB' AND j.workspace_id = e.workspace_id AND j.job_id = e.entity_id
  LEFT JOIN dim_pipeline AS p ON e.entity_type = 'PIPELINE' AND p.workspace_id = e.workspace_id AND p.pipeline_id = e.entity_id
  ORDER BY complexity_score DESC, total_events DESC, e.entity_type, e.entity_id, e.workspace_id;
