-- What users did outside business hours, by day.
-- Grain: one row a UTC day and user with at least one event off-hours. Window: whole UTC days, both ends in.
-- The hour of an event is taken in the time zone of the configuration; event_date stays the UTC day.
CREATE OR REPLACE FUNCTION get_off_hours_activity(
  start_date STRING COMMENT 'First UTC day, YYYY-MM-DD',
  end_date STRING COMMENT 'Last UTC day, YYYY-MM-DD; it counts',
  business_hours_start INT DEFAULT 7 COMMENT 'Hour of the day, 0 to 23 in the time zone of the configuration, at which business hours begin',
  business_hours_end INT DEFAULT 19 COMMENT 'Hour of the day, 1 to 24 in the time zone of the configuration, before which they end'
)
RETURNS TABLE (
  event_date DATE COMMENT 'UTC day',
  user_email STRING COMMENT 'E-mail of the user; application id of a service principal, name of a system process',
  off_hours_events INT COMMENT 'Audit events outside business hours',
  services_accessed STRING COMMENT 'Services of these events in order of name, separated by comma',
  sensitive_actions INT COMMENT 'Of these, events about grants, secrets, permissions, tokens, passwords, credentials or deletion',
  unique_ips INT COMMENT 'Different source addresses of these events'
)
COMMENT 'PURPOSE: Audit events outside business hours per day and user, with services, sensitive actions and addresses.
BEST FOR: Who worked at night last week? | Which users touched secrets or permissions after hours? | On which days was there most activity off-hours?
NOT FOR: the share of off-hours events of a user (use get_user_activity_patterns), reads of single tables at night (use get_sensitive_table_access)
RETURNS: one row per UTC day and user with at least one event off-hours, most such events first
EXAMPLE: SELECT * FROM get_off_hours_activity(\'2026-06-01\', \'2026-06-30\', business_hours_start => 8, business_hours_end => 18)'
RETURN
  SELECT
    a.event_date,
    COALESCE(a.user_identity_email, a.user_identity_subject_name) AS user_email,
    CAST(COUNT(*) AS INT) AS off_hours_events,
    ARRAY_JOIN(ARRAY_SORT(COLLECT_SET(a.service_name)), ', ') AS services_accessed,
    CAST(COUNT_IF(a.is_sensitive_action) AS INT) AS sensitive_actions,
    CAST(COUNT(DISTINCT a.source_ip_address) AS INT) AS unique_ips
  FROM fact_audit_logs AS a
  WHERE a.event_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
    AND COALESCE(a.user_identity_email, a.user_identity_subject_name) IS NOT NULL
    AND (
      HOUR(FROM_UTC_TIMESTAMP(a.event_time, ${timezone})) < business_hours_start
      OR HOUR(FROM_UTC_TIMESTAMP(a.event_time, ${timezone})) >= business_hours_end
    )
  GROUP BY a.event_date, COALESCE(a.user_identity_email, a.user_identity_subject_name)
  ORDER BY off_hours_events DESC, event_date DESC, user_email;
