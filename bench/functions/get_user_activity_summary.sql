-- The 50 busiest users with a score of risk, 2026-06-01 to 2026-06-30; business hours are 7 to 19 UTC.
WITH user_activity AS (
  SELECT
    coalesce(user_identity_email, user_identity_subject_name) AS user_email,
    count(*) AS event_count,
    count(DISTINCT action_name) AS unique_actions,
    count(DISTINCT service_name) AS unique_services,
    count(*) FILTER (WHERE is_failed_action) AS failed_events,
    count(*) FILTER (WHERE is_sensitive_action) AS sensitive_events,
    count(DISTINCT source_ip_address) AS unique_ips,
    count(*) FILTER (WHERE hour(event_time) < 7 OR hour(event_time) >= 19) AS off_hours_events
  FROM system_gold.fact_audit_logs
  WHERE event_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30' AND user_email IS NOT NULL
  GROUP BY user_email
)
SELECT
  row_number() OVER (ORDER BY event_count DESC, user_email)::INTEGER AS rank,
  user_email,
  event_count::INTEGER AS event_count,
  unique_actions::INTEGER AS unique_actions,
  unique_services::INTEGER AS unique_services,
  failed_events::INTEGER AS failed_events,
  sensitive_events::INTEGER AS sensitive_events,
  unique_ips::INTEGER AS unique_ips,
  off_hours_events::INTEGER AS off_hours_events,
  least(
    100,
    failed_events * 10
    + sensitive_events * 2
    + CASE WHEN unique_ips > 5 THEN 20 ELSE 0 END
    + CASE WHEN off_hours_events * 100 > event_count * 30 THEN 30 ELSE 0 END
  )::INTEGER AS risk_score
FROM user_activity
ORDER BY rank
LIMIT 50
