-- Actions of people and services.
SELECT
  s.account_id,
  coalesce(h.workspace_id, j.workspace_id, u.workspace_id) AS workspace_id,
  '2.0' AS version,
  timestamp_micros(a.us) AS event_time,
  date_from_unix_date(CAST(a.us DIV 86400000000 AS INT)) AS event_date,
  CASE WHEN a.src = 'credential_stuffing' THEN concat('203.0.113.', CAST(1 + a.k % 6 AS STRING)) ELSE coalesce(x.ip, u.ip, '10.0.0.10') END AS source_ip_address,
  CASE WHEN a.user_no IS NULL THEN 'databricks-jobs/1.0' ELSE 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)' END AS user_agent,
  sim_hex('audit session', coalesce(a.user_no, -1), a.us DIV 86400000000) AS session_id,
  named_struct('email', coalesce(u.email, j.run_as, 'System-User'), 'subject_name', CAST(NULL AS STRING)) AS user_identity,
  coalesce(x.service_name, c.service_name) AS service_name,
  coalesce(x.action_name, c.action_name) AS action_name,
  sim_hex('request', a.k) AS request_id,
  CASE
    WHEN a.ref IS NOT NULL THEN map('jobId', j.job_id, 'runId', a.ref)
    WHEN a.table_no IS NOT NULL THEN t.params
    WHEN h.warehouse_no IS NOT NULL THEN h.params
    WHEN a.src IN ('permission_escalation', 'group_escalation') THEN map('principal', u.email, 'targetGroupName', 'admins')
    ELSE c.params
  END AS request_params,
  named_struct('status_code', a.status_code, 'error_message', CASE WHEN a.status_code >= 400 THEN CASE a.status_code WHEN 401 THEN 'Invalid credentials' WHEN 403 THEN 'PERMISSION_DENIED' ELSE 'Run failed' END END,
    'result', CAST(NULL AS STRING)) AS response,
  x.audit_level,
  sim_id('audit', a.k) AS event_id,
  named_struct('run_by', coalesce(u.email, j.run_as), 'run_as', coalesce(j.run_as, u.email), 'acting_resource', CAST(NULL AS STRING)) AS identity_metadata,
  a.arrival
FROM sim.audit AS a
CROSS JOIN sim.size AS s
JOIN sim.audit_kind AS x ON x.src = a.src
LEFT JOIN sim.person AS u ON u.user_no = a.user_no
LEFT JOIN sim.job AS j ON j.job_no = a.job_no
LEFT JOIN sim.warehouse AS h ON h.warehouse_no = a.warehouse_no
LEFT JOIN sim.table AS t ON t.table_no = a.table_no
LEFT JOIN sim.action AS c ON c.action_no = a.action_no
