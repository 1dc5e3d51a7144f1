-- When and how users act, 30 days before 2026-07-01; bursts of 50 an hour, business hours 7 to 19 UTC. Events are counted by user and hour once.
WITH user_hour AS (
  SELECT
    coalesce(user_identity_email, user_identity_subject_name) AS user_email,
    date_trunc('hour', event_time) AS at_hour,
    max(user_identity_email) AS email,
    count(*) AS events,
    count(*) FILTER (WHERE is_failed_action) AS failed
  FROM system_gold.fact_audit_logs
  WHERE event_date >= DATE '2026-06-01' AND event_date < DATE '2026-07-01' AND user_email IS NOT NULL
  GROUP BY user_email, at_hour
),
user_activity AS (
  SELECT
    user_email,
    max(email) AS email,
    sum(events)::BIGINT AS total_events,
    count(DISTINCT at_hour::DATE)::INTEGER AS active_days,
    coalesce(sum(events) FILTER (WHERE hour(at_hour) NOT BETWEEN 7 AND 18), 0) AS off_hours_events,
    coalesce(sum(events) FILTER (WHERE isodow(at_hour) >= 6), 0) AS weekend_events,
    count(*) FILTER (WHERE events >= 50)::INTEGER AS burst_count,
    sum(failed) AS failed_events
  FROM user_hour
  GROUP BY user_email
),
user_reach AS (
  SELECT
    coalesce(user_identity_email, user_identity_subject_name) AS user_email,
    count(DISTINCT service_name)::INTEGER AS unique_services,
    count(DISTINCT source_ip_address)::INTEGER AS unique_ips
  FROM system_gold.fact_audit_logs
  WHERE event_date >= DATE '2026-06-01' AND event_date < DATE '2026-07-01' AND user_email IS NOT NULL
  GROUP BY user_email
),
peak_hour AS (
  SELECT user_email, hour(at_hour)::INTEGER AS peak_hour, sum(events)::BIGINT AS peak_hour_events
  FROM user_hour
  GROUP BY user_email, peak_hour
  QUALIFY row_number() OVER (PARTITION BY user_email ORDER BY peak_hour_events DESC, peak_hour) = 1
)
SELECT
  user_email,
  CASE
    WHEN email IS NULL THEN 'SERVICE_PRINCIPAL'
    WHEN regexp_matches(lower(email), '^system([-_ ]?user)?$') THEN 'SYSTEM'
    WHEN regexp_matches(lower(email), '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') THEN 'SERVICE_PRINCIPAL'
    WHEN NOT contains(email, '@') THEN 'PLATFORM'
    ELSE 'HUMAN_USER'
  END AS user_type,
  total_events,
  active_days,
  total_events / active_days AS avg_daily_events,
  peak_hour,
  peak_hour_events,
  off_hours_events * 100 / total_events AS off_hours_pct,
  weekend_events * 100 / total_events AS weekend_pct,
  burst_count,
  unique_services,
  unique_ips,
  failed_events * 100 / total_events AS failed_action_rate,
  CASE
    WHEN burst_count > 0 AND (off_hours_pct > 30 OR failed_action_rate > 20) THEN 'ANOMALOUS'
    WHEN burst_count > 0 THEN 'BURSTY'
    WHEN off_hours_pct > 30 THEN 'AFTER_HOURS'
    ELSE 'NORMAL'
  END AS activity_pattern
FROM user_activity
JOIN user_reach USING (user_email)
JOIN peak_hour USING (user_email)
WHERE user_type NOT IN ('SYSTEM', 'PLATFORM')
ORDER BY CASE activity_pattern WHEN 'ANOMALOUS' THEN 1 WHEN 'BURSTY' THEN 2 WHEN 'AFTER_HOURS' THEN 3 ELSE 4 END, total_events DESC, user_email
