-- Reads of tables by the audit log, 2026-06-01 to 2026-06-30; business hours are 7 to 19 UTC.
WITH table_read AS (
  SELECT
    event_date,
    coalesce(user_identity_email, user_identity_subject_name) AS user_email,
    coalesce(
      request_params['tableName'],
      request_params['full_name_arg'],
      request_params['table_full_name'],
      concat_ws('.', request_params['share'], request_params['schema'], request_params['name'])
    ) AS table_name,
    action_name,
    source_ip_address,
    hour(event_time) NOT BETWEEN 7 AND 18 AS is_off_hours
  FROM system_gold.fact_audit_logs
  WHERE event_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30'
    AND regexp_matches(lower(action_name), '^(get|read|query|preview|generatetemporary|deltasharing(get|quer)).*table')
    AND table_name <> ''
)
SELECT
  event_date AS access_date,
  user_email,
  table_name,
  action_name AS action,
  count(*)::INTEGER AS access_count,
  coalesce(array_to_string(list_sort(list(DISTINCT source_ip_address) FILTER (WHERE source_ip_address IS NOT NULL)), ', '), '') AS source_ips,
  bool_or(is_off_hours) AS is_off_hours
FROM table_read
GROUP BY event_date, user_email, table_name, action_name
ORDER BY access_date DESC, access_count DESC, user_email, table_name, action
