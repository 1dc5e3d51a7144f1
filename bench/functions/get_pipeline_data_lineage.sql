-- Tables that entities read and wrote in the 30 days before 2026-07-01.
WITH entity AS (
  SELECT
    workspace_id,
    entity_type,
    entity_id,
    list_sort(coalesce(list(DISTINCT source_table_full_name) FILTER (WHERE source_table_full_name IS NOT NULL), [])) AS sources,
    list_sort(coalesce(list(DISTINCT target_table_full_name) FILTER (WHERE target_table_full_name IS NOT NULL), [])) AS targets,
    count(DISTINCT event_date) AS unique_days,
    count(DISTINCT coalesce(event_id, record_id)) AS total_events,
    max(event_date) AS last_run_date
  FROM system_gold.fact_table_lineage
  WHERE event_date >= DATE '2026-06-01' AND event_date < DATE '2026-07-01' AND entity_id IS NOT NULL
  GROUP BY ALL
)
SELECT
  e.entity_type,
  e.entity_id,
  coalesce(j.name, p.name, e.entity_id) AS entity_name,
  array_to_string(e.sources, ', ') AS source_tables,
  array_to_string(e.targets, ', ') AS target_tables,
  len(e.sources)::INTEGER AS source_count,
  len(e.targets)::INTEGER AS target_count,
  e.unique_days::INTEGER AS unique_days,
  e.total_events::INTEGER AS total_events,
  e.last_run_date,
  source_count + 2 * target_count AS complexity_score
FROM entity AS e
LEFT JOIN system_gold.dim_job AS j ON e.entity_type = 'JOB' AND j.workspace_id = e.workspace_id AND j.job_id = e.entity_id
LEFT JOIN system_gold.dim_pipeline AS p ON e.entity_type = 'PIPELINE' AND p.workspace_id = e.workspace_id AND p.pipeline_id = e.entity_id
ORDER BY complexity_score DESC, e.total_events DESC, e.entity_type, e.entity_id, e.workspace_id
