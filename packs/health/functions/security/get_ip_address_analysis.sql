-- Source addresses with who used them.
-- Grain: one row a source address. Window: whole UTC days, both ends in.
-- first_seen and last_seen are those of the window, not of all time. Events that name nobody count as events, not as users.
CREATE OR REPLACE FUNCTION get_ip_address_analysis(
  start_date STRING COMMENT 'First UTC day, YYYY-MM-DD',
  end_date STRING COMMENT 'Last UTC day, YYYY-MM-DD; it counts'
)
RETURNS TABLE (
  source_ip STRING COMMENT 'Address that requests came from',
  unique_users INT COMMENT 'Different users, service principals and system processes',
  user_list STRING COMMENT 'These in order, separated by comma; empty when the events name nobody',
  event_count INT COMMENT 'Audit events',
  failed_events INT COMMENT 'Events that failed: status 400 or more, or an error message',
  services_accessed STRING COMMENT 'Services in order of name, separated by comma',
  first_seen TIMESTAMP COMMENT 'First event of the window (UTC)',
  last_seen TIMESTAMP COMMENT 'Last event of the window (UTC)',
  is_shared_ip BOOLEAN COMMENT 'True when more than one user came from it'
)
COMMENT 'PURPOSE: Source addresses of audit events with their users, failures and services; marks addresses that several users share.
BEST FOR: Which addresses do several users share? | Which address tries to log in as many users? | Is there an address that we do not know?
NOT FOR: addresses of one user (use get_user_activity_summary), single failed events (use get_failed_actions)
RETURNS: one row per source address, most users first, then most events
EXAMPLE: SELECT * FROM get_ip_address_analysis(\'2026-06-01\', \'2026-06-30\')'
RETURN
  SELECT
    a.source_ip_address AS source_ip,
    CAST(COUNT(DISTINCT COALESCE(a.user_identity_email, a.user_identity_subject_name)) AS INT) AS unique_users,
    ARRAY_JOIN(ARRAY_SORT(COLLECT_SET(COALESCE(a.user_identity_email, a.user_identity_subject_name))), ', ') AS user_list,
    CAST(COUNT(*) AS INT) AS event_count,
    CAST(COUNT_IF(a.is_failed_action) AS INT) AS failed_events,
    ARRAY_JOIN(ARRAY_SORT(COLLECT_SET(a.service_name)), ', ') AS services_accessed,
    MIN(a.event_time) AS first_seen,
    MAX(a.event_time) AS last_seen,
    COUNT(DISTINCT COALESCE(a.user_identity_email, a.user_identity_subject_name)) > 1 AS is_shared_ip
  FROM fact_audit_logs AS a
  WHERE a.event_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
    AND a.source_ip_address IS NOT NULL
  GROUP BY a.source_ip_address
  ORDER BY unique_users DESC, event_count DESC, source_ip;
