-- Tasks of jobs.
SELECT
  j.account_id,
  t.workspace_id,
  t.job_id,
  t.task_key,
  t.depends_on_keys,
  j.created_at AS change_time,
  s.first_day AS arrival
FROM sim.task AS t
JOIN sim.job AS j ON j.job_no = t.job_no
CROSS JOIN sim.size AS s
