-- Actions of people and services.
SELECT
  s.account_id,
  coalesce(CASE WHEN a.src = 'query' THEN h.workspace_id WHEN a.src IN ('run start', 'run end', 'table') THEN j.workspace_id END, u.workspace_id) AS workspace_id,
  '2.0' AS version,
  timestamp_micros(a.us) AS event_time,
  date_from_unix_date(CAST(a.us DIV 86400000000 AS INT)) AS event_date,
  CASE a.src
    WHEN 'credential_stuffing' THEN concat('203.0.113.', CAST(1 + a.k % 6 AS STRING))
    WHEN 'off_hours_export' THEN '198.51.100.23'
    WHEN 'dormant_account' THEN '198.51.100.77'
    ELSE coalesce(u.ip, '10.0.0.10')
  END AS source_ip_address,
  CASE WHEN a.user_no IS NULL THEN 'databricks-jobs/1.0' ELSE 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)' END AS user_agent,
  sim_hex('audit session', coalesce(a.user_no, -1), a.us DIV 86400000000) AS session_id,
  named_struct('email', coalesce(u.email, j.run_as, 'System-User'), 'subject_name', CAST(NULL AS STRING)) AS user_identity,
  CASE a.src WHEN 'login' THEN 'accounts' WHEN 'credential_stuffing' THEN 'accounts' WHEN 'run start' THEN 'jobs' WHEN 'run end' THEN 'jobs' WHEN 'query' THEN 'databrickssql'
    WHEN 'table' THEN 'unityCatalog' WHEN 'schema_change' THEN 'unityCatalog' WHEN 'permission_escalation' THEN CASE WHEN a.k % 2 = 0 THEN 'accounts' ELSE 'unityCatalog' END
    WHEN 'off_hours_export' THEN 'workspace' WHEN 'dormant_account' THEN 'unityCatalog' ELSE c.service_name END AS service_name,
  CASE a.src WHEN 'login' THEN 'login' WHEN 'credential_stuffing' THEN 'login' WHEN 'run start' THEN 'runStart' WHEN 'query' THEN 'commandSubmit' WHEN 'table' THEN 'getTable'
    WHEN 'run end' THEN CASE WHEN a.status_code = 200 THEN 'runSucceeded' ELSE 'runFailed' END
    WHEN 'schema_change' THEN 'updateTables' WHEN 'permission_escalation' THEN CASE WHEN a.k % 2 = 0 THEN 'addPrincipalToGroup' ELSE 'updatePermissions' END
    WHEN 'off_hours_export' THEN 'downloadQueryResult' WHEN 'dormant_account' THEN 'getTable' ELSE c.action_name END AS action_name,
  sim_hex('request', a.k) AS request_id,
  CASE
    WHEN a.src IN ('run start', 'run end') THEN map('jobId', j.job_id, 'runId', a.ref)
    WHEN a.src IN ('table', 'schema_change') THEN map('full_name_arg', a.ref)
    WHEN a.src = 'query' THEN map('warehouseId', h.warehouse_id)
    WHEN a.src = 'permission_escalation' THEN map('principal', u.email, 'targetGroupName', 'admins')
    ELSE c.params
  END AS request_params,
  named_struct('status_code', a.status_code, 'error_message', CASE WHEN a.status_code >= 400 THEN CASE a.status_code WHEN 401 THEN 'Invalid credentials' WHEN 403 THEN 'PERMISSION_DENIED' ELSE 'Run failed' END END,
    'result', CAST(NULL AS STRING)) AS response,
  CASE WHEN a.src IN ('login', 'credential_stuffing') OR (a.src = 'permission_escalation' AND a.k % 2 = 0) THEN 'ACCOUNT_LEVEL' ELSE 'WORKSPACE_LEVEL' END AS audit_level,
  sim_id('audit', a.k) AS event_id,
  named_struct('run_by', coalesce(u.email, j.run_as), 'run_as', coalesce(j.run_as, u.email), 'acting_resource', CAST(NULL AS STRING)) AS identity_metadata,
  a.arrival
FROM sim.audit AS a
CROSS JOIN sim.size AS s
LEFT JOIN sim.person AS u ON u.user_no = a.user_no
LEFT JOIN sim.job AS j ON j.job_no = a.job_no AND a.src <> 'query'
LEFT JOIN sim.warehouse AS h ON h.warehouse_no = a.job_no AND a.src = 'query'
LEFT JOIN sim.action AS c ON c.action_no = a.action_no
