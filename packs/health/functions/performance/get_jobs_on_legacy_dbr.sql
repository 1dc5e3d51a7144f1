-- Jobs whose runs used a legacy runtime, with runs and cost on it.
-- Grain: one row a job and runtime version. Window: runs that started in the days_back complete UTC days before today, and what they cost until now.
-- A version is legacy when its major number is below threshold.legacy_runtime. Versions without a number are not judged, nor those of
-- Apache Spark (spark-4.2.0, from event logs), which count otherwise. The version in force when the run ended counts.
-- The specification reports every version, and repeats the cost of the job with each: here the cost is that of the runs on clusters with the version.
CREATE OR REPLACE FUNCTION get_jobs_on_legacy_dbr(
  days_back INT COMMENT 'Complete UTC days before today whose runs are looked at, by the day on which they started'
)
RETURNS TABLE (
  job_id STRING COMMENT 'Job',
  job_name STRING COMMENT 'Name of the job as it is now',
  run_as STRING COMMENT 'User or service principal whose rights its runs use',
  dbr_version STRING COMMENT 'Legacy runtime version of a cluster that its runs used',
  total_runs BIGINT COMMENT 'Runs that used a cluster with this version',
  total_cost DOUBLE COMMENT 'List cost of these runs on clusters with this version, in the currency of the list prices; null when no usage names them',
  recommendation STRING COMMENT 'What to do, in words'
)
COMMENT 'PURPOSE: Jobs that still run on old runtime versions (Databricks Runtime), with version, runs and cost on it, oldest version first.
BEST FOR: Which jobs run on a legacy DBR? | What has to be migrated to a newer runtime? | What do jobs on old runtimes cost?
NOT FOR: jobs without autoscaling (use get_jobs_without_autoscaling), sizing of clusters (use get_cluster_right_sizing_recommendations)
RETURNS: one row per job and legacy runtime version, oldest version first, then highest cost
EXAMPLE: SELECT * FROM get_jobs_on_legacy_dbr(30)'
RETURN
  WITH run_cluster AS (
    SELECT
      r.workspace_id,
      r.job_id,
      r.run_id,
      r.period_end_time,
      c.cluster_id
    FROM fact_job_run_timeline AS r
    LATERAL VIEW EXPLODE(r.compute_ids) c AS cluster_id
    WHERE r.run_date >= DATE_SUB(CURRENT_DATE(), days_back)
      AND r.run_date < CURRENT_DATE()
  ),
  cluster_of_run AS (
    SELECT
      r.workspace_id,
      r.job_id,
      r.run_id,
      r.cluster_id,
      MAX_BY(h.dbr_version, h.valid_from) AS dbr_version
    FROM run_cluster AS r
    INNER JOIN dim_cluster_history AS h
      ON h.workspace_id = r.workspace_id AND h.cluster_id = r.cluster_id AND h.valid_from <= COALESCE(r.period_end_time, CURRENT_TIMESTAMP())
    GROUP BY r.workspace_id, r.job_id, r.run_id, r.cluster_id
  ),
  numbered AS (
    SELECT
      c.*,
      TRY_CAST(REGEXP_EXTRACT(c.dbr_version, '([0-9]+)[.]([0-9]+)', 1) AS INT) AS major,
      TRY_CAST(REGEXP_EXTRACT(c.dbr_version, '([0-9]+)[.]([0-9]+)', 2) AS INT) AS minor
    FROM cluster_of_run AS c
    WHERE c.dbr_version NOT LIKE 'spark-%'
  ),
  cluster_usage AS (
    SELECT
      u.workspace_id,
      u.usage_metadata_job_run_id,
      u.usage_metadata_cluster_id,
      SUM(u.list_cost) AS cost
    FROM fact_usage AS u
    WHERE u.usage_date >= DATE_SUB(CURRENT_DATE(), days_back)
      AND u.usage_metadata_job_run_id IS NOT NULL
      AND u.usage_metadata_cluster_id IS NOT NULL
    GROUP BY u.workspace_id, u.usage_metadata_job_run_id, u.usage_metadata_cluster_id
  ),
  job_version AS (
    SELECT
      n.workspace_id,
      n.job_id,
      n.dbr_version,
      n.major,
      n.minor,
      COUNT(DISTINCT n.run_id) AS runs,
      CAST(SUM(u.cost) AS DOUBLE) AS cost
    FROM numbered AS n
    LEFT JOIN cluster_usage AS u
      ON u.workspace_id = n.workspace_id AND u.usage_metadata_job_run_id = n.run_id AND u.usage_metadata_cluster_id = n.cluster_id
    WHERE n.major < ${threshold.legacy_runtime}
    GROUP BY n.workspace_id, n.job_id, n.dbr_version, n.major, n.minor
  )
  SELECT
    v.job_id,
    j.name AS job_name,
    j.run_as,
    v.dbr_version,
    v.runs AS total_runs,
    v.cost AS total_cost,
    CASE
      WHEN v.major = ${threshold.legacy_runtime} - 1 THEN 'Set a newer runtime in the cluster of the job: it is one major version behind'
      ELSE 'Plan a migration with a test run: it is several major versions behind'
    END AS recommendation
  FROM job_version AS v
  LEFT JOIN dim_job AS j ON j.workspace_id = v.workspace_id AND j.job_id = v.job_id
  ORDER BY v.major, v.minor, v.dbr_version, v.cost DESC, v.job_id, v.workspace_id
