-- Activity and risk of accounts that are no people, 30 days before 2026-07-01.
WITH account AS (
  SELECT
    coalesce(user_identity_email, user_identity_subject_name) AS account_email,
    max(user_identity_email) AS email,
    count(*) AS total_events,
    count(DISTINCT action_name)::INTEGER AS unique_actions,
    count(DISTINCT service_name)::INTEGER AS unique_services,
    count(*) FILTER (WHERE is_failed_action) AS failed_events,
    failed_events * 100 / total_events AS failure_rate,
    count(DISTINCT source_ip_address)::INTEGER AS unique_ips,
    count(*) FILTER (WHERE is_sensitive_action) AS sensitive_events,
    min(event_time) AS first_activity,
    max(event_time) AS last_activity
  FROM system_gold.fact_audit_logs
  WHERE event_date >= DATE '2026-06-01' AND event_date < DATE '2026-07-01'
    AND (NOT contains(user_identity_email, '@') OR (user_identity_email IS NULL AND user_identity_subject_name IS NOT NULL))
  GROUP BY account_email
)
SELECT
  account_email,
  CASE
    WHEN email IS NULL THEN 'SERVICE_PRINCIPAL'
    WHEN regexp_matches(lower(email), '^system([-_ ]?user)?$') THEN 'SYSTEM'
    WHEN regexp_matches(lower(email), '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') THEN 'SERVICE_PRINCIPAL'
    ELSE 'PLATFORM'
  END AS account_type,
  total_events,
  unique_actions,
  unique_services,
  failed_events,
  failure_rate,
  unique_ips,
  sensitive_events,
  first_activity,
  last_activity,
  CASE
    WHEN failure_rate > 20 OR sensitive_events > 100 THEN 'HIGH'
    WHEN unique_ips > 10 OR failed_events > 10 THEN 'MEDIUM'
    ELSE 'LOW'
  END AS risk_level
FROM account
ORDER BY CASE risk_level WHEN 'HIGH' THEN 1 WHEN 'MEDIUM' THEN 2 ELSE 3 END, total_events DESC, account_email
