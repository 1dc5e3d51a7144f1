-- Failed audit events, 2026-06-01 to 2026-06-30, the newest 500.
SELECT
  event_time,
  coalesce(user_identity_email, user_identity_subject_name) AS user_email,
  service_name AS service,
  action_name AS action,
  response_status_code AS status_code,
  response_error_message AS error_message,
  source_ip_address AS source_ip
FROM system_gold.fact_audit_logs
WHERE event_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30' AND is_failed_action
ORDER BY event_time DESC, event_id
LIMIT 500
