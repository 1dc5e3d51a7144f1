-- Runs of jobs in slices that end at the full hour; the result stands on the last one. One in a hundred results comes a day after its slice.
SELECT
  j.account_id,
  j.workspace_id,
  j.job_id,
  r.run_id,
  timestamp_micros(r.slice_start_us) AS period_start_time,
  timestamp_micros(r.slice_end_us) AS period_end_time,
  CASE WHEN r.extra THEN 'ONETIME' ELSE 'CRON' END AS trigger_type,
  CASE WHEN NOT r.early THEN r.result_state END AS result_state,
  'JOB_RUN' AS run_type,
  j.job_name AS run_name,
  CASE WHEN r.compute = 'classic' THEN array(r.cluster_id) ELSE CAST(array() AS ARRAY<STRING>) END AS compute_ids,
  CASE WHEN NOT r.early THEN r.termination_code END AS termination_code,
  r.arrival
FROM (
  SELECT x.*, FALSE AS early FROM sim.run_slice AS x
  UNION ALL
  SELECT x.* EXCEPT (arrival), x.first_arrival AS arrival, TRUE AS early FROM sim.run_slice AS x WHERE x.corrected
) AS r
JOIN sim.job AS j ON j.job_no = r.job_no
