-- Cost by owner: who the workload ran as, else who owns the resource
-- Unattributed: usage that names nobody
-- Grain: one row a usage record that can be attributed.
-- Input: fact_usage.
SELECT
  f.record_id,
  COALESCE(f.identity_metadata_run_as, f.identity_metadata_owned_by) AS attribution_key,
  COALESCE(f.identity_metadata_run_as, f.identity_metadata_owned_by) AS attribution_name
FROM fact_usage AS f
WHERE COALESCE(f.identity_metadata_run_as, f.identity_metadata_owned_by) IS NOT NULL
