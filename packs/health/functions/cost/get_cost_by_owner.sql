-- List cost of those that workloads ran as.
-- Grain: one row an owner: who the workload ran as, else who owns the resource, else UNKNOWN, which is neither user nor service principal.
-- Interactive cost is that of the products ALL_PURPOSE and INTERACTIVE outside of jobs. That a cluster is named says less: pipelines have clusters too, and
-- serverless notebooks have none. Job cost and interactive cost do not add up to the total: warehouses, pipelines and serving are neither.
CREATE OR REPLACE FUNCTION get_cost_by_owner(
  start_date STRING COMMENT 'First day, YYYY-MM-DD (UTC), inclusive',
  end_date STRING COMMENT 'Last day, YYYY-MM-DD (UTC), inclusive',
  top_n INT DEFAULT 20 COMMENT 'Rows at most'
)
RETURNS TABLE (
  rank INT COMMENT 'Place by total_cost, 1 is the most expensive',
  owner STRING COMMENT 'Who the workload ran as, else who owns the resource; UNKNOWN for usage that names nobody',
  owner_type STRING COMMENT 'USER when the name is an e-mail address, else SERVICE_PRINCIPAL; null for UNKNOWN',
  total_cost DOUBLE COMMENT 'List cost of the period, in list currency',
  job_cost DOUBLE COMMENT 'Part of it that jobs caused, in list currency',
  interactive_cost DOUBLE COMMENT 'Part of it on all-purpose clusters and serverless notebooks outside of jobs, in list currency',
  run_count INT COMMENT 'Job runs with usage'
)
COMMENT "PURPOSE: List cost per owner (run-as identity, else resource owner) for chargeback, split into job and interactive cost.
BEST FOR: Who spends the most? | How much does a user or service principal cost? | What do we charge back to whom?
NOT FOR: teams or cost centres (use get_cost_by_tag), workspaces and SKUs (use get_top_cost_contributors)
RETURNS: one row per owner, the most expensive first, at most top_n
EXAMPLE: SELECT * FROM get_cost_by_owner('2026-06-01', '2026-06-30', 10)"
RETURN
  WITH owner_cost AS (
    SELECT
      COALESCE(f.identity_metadata_run_as, f.identity_metadata_owned_by) AS name,
      COALESCE(SUM(f.list_cost), 0) AS cost,
      COALESCE(SUM(CASE WHEN f.usage_metadata_job_id IS NOT NULL THEN f.list_cost END), 0) AS cost_of_jobs,
      COALESCE(SUM(
        CASE WHEN f.usage_metadata_job_id IS NULL AND f.billing_origin_product IN ('ALL_PURPOSE', 'INTERACTIVE') THEN f.list_cost END
      ), 0) AS cost_of_interactive_work,
      COUNT(DISTINCT f.workspace_id, f.usage_metadata_job_run_id) AS runs
    FROM fact_usage AS f
    WHERE f.usage_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
    GROUP BY COALESCE(f.identity_metadata_run_as, f.identity_metadata_owned_by)
  ),
  ranked_owner AS (
    SELECT o.*, ROW_NUMBER() OVER (ORDER BY o.cost DESC, o.name) AS place
    FROM owner_cost AS o
  )
  SELECT
    CAST(o.place AS INT) AS rank,
    COALESCE(o.name, 'UNKNOWN') AS owner,
    CASE WHEN o.name LIKE '%@%' THEN 'USER' WHEN o.name IS NOT NULL THEN 'SERVICE_PRINCIPAL' END AS owner_type,
    CAST(o.cost AS DOUBLE) AS total_cost,
    CAST(o.cost_of_jobs AS DOUBLE) AS job_cost,
    CAST(o.cost_of_interactive_work AS DOUBLE) AS interactive_cost,
    CAST(o.runs AS INT) AS run_count
  FROM ranked_owner AS o
  WHERE o.place <= top_n
  ORDER BY o.place
