-- Definitions of jobs; some are renamed or tagged anew once.
SELECT
  j.account_id,
  j.workspace_id,
  j.job_id,
  j.job_name AS name,
  j.creator_id,
  CASE WHEN NOT j.tagged THEN map() WHEN v.version = 1 THEN map('team', j.team, 'cost_center', j.cost_center, 'env', 'prod', 'reviewed', 'true') ELSE j.all_tags END AS tags,
  j.run_as,
  CASE v.version WHEN 0 THEN j.created_at ELSE CAST(v.day AS TIMESTAMP) + make_dt_interval(0, 11, CAST(j.job_no % 60 AS INT)) END AS change_time,
  concat('Scheduled ', j.kind, ' by ', j.team) AS description,
  v.day AS arrival
FROM sim.job AS j
JOIN sim.version AS v ON v.entity = 'job' AND v.entity_no = j.job_no
