-- Tasks that failed at first and were tried again in the same run, by job, 2026-06-01 to 2026-06-30.
WITH run_task AS (
  SELECT
    r.workspace_id,
    r.job_id,
    r.run_id,
    t.task_key,
    count(*) AS attempts,
    arg_min(t.result_state, (t.period_start_time, t.run_id)) IN ('FAILED', 'ERROR', 'TIMED_OUT') AS failed_first,
    arg_max(t.is_success, (t.period_start_time, t.run_id)) AS succeeded_last
  FROM system_gold.fact_job_run_timeline AS r
  JOIN system_gold.fact_job_task_run_timeline AS t ON t.workspace_id = r.workspace_id AND t.job_run_id = r.run_id
  WHERE r.run_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30'
    AND r.result_state IS NOT NULL
    AND t.run_date >= DATE '2026-06-01'
    AND t.result_state NOT IN ('SKIPPED', 'BLOCKED')
    AND coalesce(t.parent_run_id, t.job_run_id) = t.job_run_id
  GROUP BY ALL
),
job AS (
  SELECT
    workspace_id,
    job_id,
    count(*) AS run_tasks,
    sum(attempts)::INTEGER AS total_attempts,
    count(*) FILTER (WHERE failed_first)::INTEGER AS initial_failures,
    count(*) FILTER (WHERE failed_first AND attempts > 1) AS retried_tasks,
    sum(attempts - 1) FILTER (WHERE failed_first)::INTEGER AS retry_count,
    count(*) FILTER (WHERE failed_first AND succeeded_last)::INTEGER AS final_success_count
  FROM run_task
  GROUP BY ALL
  HAVING retry_count > 0
)
SELECT
  a.job_id,
  j.name AS job_name,
  a.total_attempts,
  a.initial_failures,
  a.retry_count,
  a.final_success_count,
  a.retried_tasks * 100 / a.run_tasks AS retry_rate_pct,
  a.final_success_count * 100 / a.initial_failures AS eventual_success_pct
FROM job AS a
LEFT JOIN system_gold.dim_job AS j USING (workspace_id, job_id)
ORDER BY a.retry_count DESC, a.job_id, a.workspace_id
