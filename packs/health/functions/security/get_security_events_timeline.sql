-- Sensitive and failed audit events in order of time.
-- Grain: one row an event, the newest 1000. Window: whole UTC days, both ends in.
-- Only sensitive or failed events are looked at, so no event is of a type NORMAL.
CREATE OR REPLACE FUNCTION get_security_events_timeline(
  start_date STRING COMMENT 'First UTC day, YYYY-MM-DD',
  end_date STRING COMMENT 'Last UTC day, YYYY-MM-DD; it counts',
  user_filter STRING DEFAULT 'ALL' COMMENT 'Exact e-mail or application id; ALL for everybody'
)
RETURNS TABLE (
  event_time TIMESTAMP COMMENT 'When it happened (UTC)',
  user_email STRING COMMENT 'E-mail of the user; application id of a service principal; null when the event names nobody',
  event_type STRING COMMENT 'FAILED_SENSITIVE, SENSITIVE or FAILED',
  service STRING COMMENT 'Service that was called, e.g. unityCatalog, accounts, jobs',
  action STRING COMMENT 'What was asked of it, e.g. getSecret, login',
  target_resource STRING COMMENT 'Table, schema, cluster, warehouse, job, secret scope or group that it was about; null when the request names none',
  success BOOLEAN COMMENT 'False when the event failed',
  source_ip STRING COMMENT 'Address that the request came from'
)
COMMENT 'PURPOSE: Sensitive and failed audit events of all or one user in order of time, to follow what happened in an incident.
BEST FOR: What did this user do before the incident? | Which secrets were read and which logins failed yesterday? | Show the security events of the last days.
NOT FOR: failures alone with their errors (use get_failed_actions), changes of permissions alone (use get_permission_changes)
RETURNS: one row per sensitive or failed event, the newest 1000 at most, newest first
EXAMPLE: SELECT * FROM get_security_events_timeline(\'2026-06-24\', \'2026-06-30\', user_filter => \'mia@lake.example\')'
RETURN
  SELECT
    a.event_time,
    COALESCE(a.user_identity_email, a.user_identity_subject_name) AS user_email,
    CASE
      WHEN a.is_sensitive_action AND a.is_failed_action THEN 'FAILED_SENSITIVE'
      WHEN a.is_sensitive_action THEN 'SENSITIVE'
      ELSE 'FAILED'
    END AS event_type,
    a.service_name AS service,
    a.action_name AS action,
    COALESCE(
      a.request_params['tableName'],
      a.request_params['schemaName'],
      a.request_params['clusterName'],
      a.request_params['warehouseId'],
      a.request_params['jobId'],
      a.request_params['securable_full_name'],
      a.request_params['full_name_arg'],
      a.request_params['table_full_name'],
      a.request_params['aclChangeResourceName'],
      a.request_params['resourceId'],
      a.request_params['scope'],
      a.request_params['targetGroupName']
    ) AS target_resource,
    NOT a.is_failed_action AS success,
    a.source_ip_address AS source_ip
  FROM fact_audit_logs AS a
  WHERE a.event_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
    AND (a.is_sensitive_action OR a.is_failed_action)
    AND (user_filter = 'ALL' OR COALESCE(a.user_identity_email, a.user_identity_subject_name) = user_filter)
  ORDER BY a.event_time DESC, a.event_id
  LIMIT 1000;
