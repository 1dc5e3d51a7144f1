-- Sensitive and failed audit events, 2026-06-01 to 2026-06-30, the newest 1000.
SELECT
  event_time,
  coalesce(user_identity_email, user_identity_subject_name) AS user_email,
  CASE WHEN is_sensitive_action AND is_failed_action THEN 'FAILED_SENSITIVE' WHEN is_sensitive_action THEN 'SENSITIVE' ELSE 'FAILED' END AS event_type,
  service_name AS service,
  action_name AS action,
  coalesce(
    request_params['tableName'],
    request_params['schemaName'],
    request_params['clusterName'],
    request_params['warehouseId'],
    request_params['jobId'],
    request_params['securable_full_name'],
    request_params['full_name_arg'],
    request_params['table_full_name'],
    request_params['aclChangeResourceName'],
    request_params['resourceId'],
    request_params['scope'],
    request_params['targetGroupName']
  ) AS target_resource,
  NOT is_failed_action AS success,
  source_ip_address AS source_ip
FROM system_gold.fact_audit_logs
WHERE event_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30' AND (is_sensitive_action OR is_failed_action)
ORDER BY event_time DESC, event_id
LIMIT 1000
