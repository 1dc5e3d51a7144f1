-- Jobs whose runs of the 30 days before 2026-07-01 used a runtime below 14, with runs and cost on it.
WITH run_cluster AS (
  SELECT DISTINCT workspace_id, job_id, run_id, coalesce(period_end_time, TIMESTAMP '2026-07-01') AS ended_at, unnest(compute_ids) AS cluster_id
  FROM system_gold.fact_job_run_timeline
  WHERE run_date >= DATE '2026-06-01' AND run_date < DATE '2026-07-01'
),
legacy_cluster AS (
  SELECT
    r.workspace_id,
    r.job_id,
    r.run_id,
    r.cluster_id,
    h.dbr_version,
    try_cast(regexp_extract(h.dbr_version, '([0-9]+)[.]([0-9]+)', 1) AS INTEGER) AS major,
    try_cast(regexp_extract(h.dbr_version, '([0-9]+)[.]([0-9]+)', 2) AS INTEGER) AS minor
  FROM run_cluster AS r
  ASOF JOIN system_gold.dim_cluster_history AS h ON h.workspace_id = r.workspace_id AND h.cluster_id = r.cluster_id AND r.ended_at >= h.valid_from
  WHERE NOT starts_with(h.dbr_version, 'spark-') AND major < 14
),
cluster_cost AS (
  SELECT u.workspace_id, u.usage_metadata_job_run_id AS run_id, u.usage_metadata_cluster_id AS cluster_id, sum(u.list_cost) AS cost
  FROM system_gold.fact_usage AS u
  SEMI JOIN legacy_cluster AS l
    ON l.workspace_id = u.workspace_id AND l.run_id = u.usage_metadata_job_run_id AND l.cluster_id = u.usage_metadata_cluster_id
  WHERE u.usage_date >= DATE '2026-06-01'
  GROUP BY ALL
),
job_version AS (
  SELECT l.workspace_id, l.job_id, l.dbr_version, l.major, l.minor, count(DISTINCT l.run_id) AS runs, sum(u.cost)::DOUBLE AS cost
  FROM legacy_cluster AS l
  LEFT JOIN cluster_cost AS u USING (workspace_id, run_id, cluster_id)
  GROUP BY ALL
)
SELECT
  v.job_id,
  j.name AS job_name,
  j.run_as,
  v.dbr_version,
  v.runs AS total_runs,
  v.cost AS total_cost,
  CASE
    WHEN v.major = 13 THEN 'Set a newer runtime in the cluster of the job: it is one major version behind'
    ELSE 'Plan a migration with a test run: it is several major versions behind'
  END AS recommendation
FROM job_version AS v
LEFT JOIN system_gold.dim_job AS j USING (workspace_id, job_id)
ORDER BY v.major, v.minor, v.dbr_version, v.cost DESC, v.job_id, v.workspace_id
