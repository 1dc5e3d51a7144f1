-- Source addresses with users and services, 2026-06-01 to 2026-06-30. Users and services of an address are made distinct by grouping first.
WITH address_use AS (
  SELECT
    source_ip_address,
    coalesce(user_identity_email, user_identity_subject_name) AS user_email,
    service_name,
    count(*) AS events,
    count(*) FILTER (WHERE is_failed_action) AS failed,
    min(event_time) AS first_seen,
    max(event_time) AS last_seen
  FROM system_gold.fact_audit_logs
  WHERE event_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30' AND source_ip_address IS NOT NULL
  GROUP BY ALL
)
SELECT
  source_ip_address AS source_ip,
  count(DISTINCT user_email)::INTEGER AS unique_users,
  coalesce(array_to_string(list_sort(list(DISTINCT user_email) FILTER (WHERE user_email IS NOT NULL)), ', '), '') AS user_list,
  sum(events)::INTEGER AS event_count,
  sum(failed)::INTEGER AS failed_events,
  coalesce(array_to_string(list_sort(list(DISTINCT service_name) FILTER (WHERE service_name IS NOT NULL)), ', '), '') AS services_accessed,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen,
  unique_users > 1 AS is_shared_ip
FROM address_use
GROUP BY source_ip_address
ORDER BY unique_users DESC, event_count DESC, source_ip
