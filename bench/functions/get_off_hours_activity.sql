-- Events outside 7 to 19 UTC by day and user, 2026-06-01 to 2026-06-30.
SELECT
  event_date,
  coalesce(user_identity_email, user_identity_subject_name) AS user_email,
  count(*)::INTEGER AS off_hours_events,
  coalesce(array_to_string(list_sort(list(DISTINCT service_name) FILTER (WHERE service_name IS NOT NULL)), ', '), '') AS services_accessed,
  count(*) FILTER (WHERE is_sensitive_action)::INTEGER AS sensitive_actions,
  count(DISTINCT source_ip_address)::INTEGER AS unique_ips
FROM system_gold.fact_audit_logs
WHERE event_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30'
  AND user_email IS NOT NULL
  AND hour(event_time) NOT BETWEEN 7 AND 18
GROUP BY event_date, user_email
ORDER BY off_hours_events DESC, event_date DESC, user_email
