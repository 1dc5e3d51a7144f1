-- Grants, revokes and other changes of who may do what.
-- Grain: one row an audit event. Window: whole UTC days, both ends in.
-- A change is told by the name of the action: permissions, privileges, grants, access lists, administrators, owners, roles, rule sets, groups; names that
-- begin with get, list, show, check or request only look. Which parameter names the object or the right depends on the action, so several are tried.
CREATE OR REPLACE FUNCTION get_permission_changes(
  start_date STRING COMMENT 'First UTC day, YYYY-MM-DD',
  end_date STRING COMMENT 'Last UTC day, YYYY-MM-DD; it counts'
)
RETURNS TABLE (
  event_time TIMESTAMP COMMENT 'When it happened (UTC)',
  changed_by STRING COMMENT 'E-mail of who made the change; application id of a service principal; null when the event names nobody',
  service STRING COMMENT 'Service that was called, e.g. unityCatalog, accounts, jobs',
  action STRING COMMENT 'What was asked of it, e.g. updatePermissions, addPrincipalToGroup',
  target_resource STRING COMMENT 'Table, schema, catalogue, cluster, warehouse, other object or group whose rights changed; null when the request names none',
  permission STRING COMMENT 'Right or list of changes as the request gave it; null when it names none, as for members of groups',
  source_ip STRING COMMENT 'Address that the request came from',
  success BOOLEAN COMMENT 'False when the change was refused or failed'
)
COMMENT 'PURPOSE: Lists changes of permissions - grants, revokes, access lists, administrators, owners, group members - with who changed what.
BEST FOR: Who granted rights this week? | Who was added to the admins group, and by whom? | Which permission changes were refused?
NOT FOR: all sensitive and failed events (use get_security_events_timeline), reads of tables (use get_sensitive_table_access)
RETURNS: one row per change or attempt of one, newest first
EXAMPLE: SELECT * FROM get_permission_changes(\'2026-06-01\', \'2026-06-30\')'
RETURN
  SELECT
    a.event_time,
    COALESCE(a.user_identity_email, a.user_identity_subject_name) AS changed_by,
    a.service_name AS service,
    a.action_name AS action,
    COALESCE(
      a.request_params['tableName'],
      a.request_params['schemaName'],
      a.request_params['catalogName'],
      a.request_params['clusterName'],
      a.request_params['warehouseId'],
      a.request_params['securable_full_name'],
      a.request_params['full_name_arg'],
      a.request_params['aclChangeResourceName'],
      a.request_params['resourceId'],
      a.request_params['scope'],
      a.request_params['targetGroupName']
    ) AS target_resource,
    COALESCE(
      a.request_params['permission'],
      a.request_params['privileges'],
      a.request_params['access_level'],
      a.request_params['changes'],
      a.request_params['aclPermissionSet']
    ) AS permission,
    a.source_ip_address AS source_ip,
    NOT a.is_failed_action AS success
  FROM fact_audit_logs AS a
  WHERE a.event_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
    AND LOWER(a.action_name) RLIKE 'permission|privilege|grant|revoke|acls?$|admin$|owner|roleassignment|ruleset|principals?(to|from)group'
    AND NOT LOWER(a.action_name) RLIKE '^(get|list|show|check|request)'
  ORDER BY a.event_time DESC, a.event_id;
