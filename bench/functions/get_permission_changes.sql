-- Changes of permissions, 2026-05-01 to 2026-06-30.
SELECT
  event_time,
  coalesce(user_identity_email, user_identity_subject_name) AS changed_by,
  service_name AS service,
  action_name AS action,
  coalesce(
    request_params['tableName'],
    request_params['schemaName'],
    request_params['catalogName'],
    request_params['clusterName'],
    request_params['warehouseId'],
    request_params['securable_full_name'],
    request_params['full_name_arg'],
    request_params['aclChangeResourceName'],
    request_params['resourceId'],
    request_params['scope'],
    request_params['targetGroupName']
  ) AS target_resource,
  coalesce(
    request_params['permission'],
    request_params['privileges'],
    request_params['access_level'],
    request_params['changes'],
    request_params['aclPermissionSet']
  ) AS permission,
  source_ip_address AS source_ip,
  NOT is_failed_action AS success
FROM system_gold.fact_audit_logs
WHERE event_date BETWEEN DATE '2026-05-01' AND DATE '2026-06-30'
  AND regexp_matches(lower(action_name), 'permission|privilege|grant|revoke|acls?$|admin$|owner|roleassignment|ruleset|principals?(to|from)group')
  AND NOT regexp_matches(lower(action_name), '^(get|list|show|check|request)')
ORDER BY event_time DESC, event_id
