-- List cost by owner, 2026-06-01 to 2026-06-30, the first 20. Runs are made distinct by grouping first, which is faster than a distinct count of pairs.
WITH owner_run AS (
  SELECT
    coalesce(identity_metadata_run_as, identity_metadata_owned_by) AS name,
    workspace_id,
    usage_metadata_job_run_id AS run_id,
    sum(list_cost) AS cost,
    sum(list_cost) FILTER (WHERE usage_metadata_job_id IS NOT NULL) AS cost_of_jobs,
    sum(list_cost) FILTER (WHERE usage_metadata_job_id IS NULL AND billing_origin_product IN ('ALL_PURPOSE', 'INTERACTIVE')) AS cost_of_interactive_work
  FROM system_gold.fact_usage
  WHERE usage_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30'
  GROUP BY ALL
),
owner AS (
  SELECT
    name,
    coalesce(sum(cost), 0) AS cost,
    coalesce(sum(cost_of_jobs), 0) AS cost_of_jobs,
    coalesce(sum(cost_of_interactive_work), 0) AS cost_of_interactive_work,
    count(*) FILTER (WHERE workspace_id IS NOT NULL AND run_id IS NOT NULL) AS runs
  FROM owner_run
  GROUP BY name
)
SELECT
  row_number() OVER (ORDER BY cost DESC, name)::INTEGER AS rank,
  coalesce(name, 'UNKNOWN') AS owner,
  CASE WHEN contains(name, '@') THEN 'USER' WHEN name IS NOT NULL THEN 'SERVICE_PRINCIPAL' END AS owner_type,
  cost::DOUBLE AS total_cost,
  cost_of_jobs::DOUBLE AS job_cost,
  cost_of_interactive_work::DOUBLE AS interactive_cost,
  runs::INTEGER AS run_count
FROM owner
ORDER BY rank
LIMIT 20
