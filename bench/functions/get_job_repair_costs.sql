-- Cost of runs with a task that was run again after it failed, by job, 2026-06-01 to 2026-06-30, the first 20; cost is read for these runs only.
WITH ended_run AS (
  SELECT workspace_id, job_id, run_id
  FROM system_gold.fact_job_run_timeline
  WHERE run_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30' AND result_state IS NOT NULL
),
repaired_run AS (
  SELECT DISTINCT t.workspace_id, t.job_run_id AS run_id
  FROM (
    SELECT workspace_id, job_run_id
    FROM system_gold.fact_job_task_run_timeline
    WHERE run_date >= DATE '2026-06-01'
      AND result_state NOT IN ('SKIPPED', 'BLOCKED')
      AND coalesce(parent_run_id, job_run_id) = job_run_id
    GROUP BY workspace_id, job_run_id, task_key
    HAVING count(*) > 1 AND NOT arg_min(is_success, (period_start_time, run_id))
  ) AS t
  SEMI JOIN ended_run AS r ON r.workspace_id = t.workspace_id AND r.run_id = t.job_run_id
),
run_cost AS (
  SELECT u.workspace_id, u.usage_metadata_job_run_id AS run_id, sum(u.list_cost) AS cost
  FROM system_gold.fact_usage AS u
  SEMI JOIN repaired_run AS r ON r.workspace_id = u.workspace_id AND r.run_id = u.usage_metadata_job_run_id
  WHERE u.usage_date >= DATE '2026-06-01'
  GROUP BY ALL
),
job AS (
  SELECT r.workspace_id, r.job_id, count(*)::INTEGER AS total_runs, count(p.run_id)::INTEGER AS repair_count, coalesce(sum(c.cost), 0) AS cost
  FROM ended_run AS r
  LEFT JOIN repaired_run AS p USING (workspace_id, run_id)
  LEFT JOIN run_cost AS c USING (workspace_id, run_id)
  GROUP BY ALL
  HAVING repair_count > 0
)
SELECT
  row_number() OVER (ORDER BY q.cost DESC, q.repair_count DESC, q.workspace_id, q.job_id)::INTEGER AS rank,
  q.job_id,
  j.name AS job_name,
  j.run_as,
  q.total_runs,
  q.repair_count,
  q.cost::DOUBLE AS repair_cost,
  q.repair_count * 100 / q.total_runs AS repair_pct
FROM job AS q
LEFT JOIN system_gold.dim_job AS j USING (workspace_id, job_id)
ORDER BY rank
LIMIT 20
