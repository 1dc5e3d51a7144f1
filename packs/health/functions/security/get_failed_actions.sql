-- Audit events that failed, one by one.
-- Grain: one row an event, the newest 500. Window: whole UTC days, both ends in.
-- A service principal without an e-mail goes by its name, in the filter too.
CREATE OR REPLACE FUNCTION get_failed_actions(
  start_date STRING COMMENT 'First UTC day, YYYY-MM-DD',
  end_date STRING COMMENT 'Last UTC day, YYYY-MM-DD; it counts',
  user_filter STRING DEFAULT 'ALL' COMMENT 'Exact e-mail or application id; ALL for everybody'
)
RETURNS TABLE (
  event_time TIMESTAMP COMMENT 'When it happened (UTC)',
  user_email STRING COMMENT 'E-mail of the user; application id of a service principal; null when the event names nobody',
  service STRING COMMENT 'Service that was called, e.g. unityCatalog, accounts, jobs',
  action STRING COMMENT 'What was asked of it, e.g. login, getTable',
  status_code INT COMMENT 'HTTP status of the answer, 400 or more; less only when an error message makes it a failure',
  error_message STRING COMMENT 'Error as the service gave it',
  source_ip STRING COMMENT 'Address that the request came from'
)
COMMENT 'PURPOSE: Lists audit events that failed - refused logins, denied permissions, failed calls - with status, error and address.
BEST FOR: Which logins failed last night? | What was denied to this user? | Which errors do users meet when they call services?
NOT FOR: failed job runs (use get_failed_jobs), sensitive events too (use get_security_events_timeline), addresses (use get_ip_address_analysis)
RETURNS: one row per failed event, the newest 500 at most, newest first
EXAMPLE: SELECT * FROM get_failed_actions(\'2026-06-24\', \'2026-06-30\', user_filter => \'mia@lake.example\')'
RETURN
  SELECT
    a.event_time,
    COALESCE(a.user_identity_email, a.user_identity_subject_name) AS user_email,
    a.service_name AS service,
    a.action_name AS action,
    a.response_status_code AS status_code,
    a.response_error_message AS error_message,
    a.source_ip_address AS source_ip
  FROM fact_audit_logs AS a
  WHERE a.event_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
    AND a.is_failed_action
    AND (user_filter = 'ALL' OR COALESCE(a.user_identity_email, a.user_identity_subject_name) = user_filter)
  ORDER BY a.event_time DESC, a.event_id
  LIMIT 500;
