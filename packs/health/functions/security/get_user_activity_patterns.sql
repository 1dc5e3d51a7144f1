-- When and how users act: bursts, hours of the day, weekends, failures.
-- Grain: one row a user. Window: the days_back complete UTC days before today; today is left out.
-- Hours, weekends and bursts are those of the time zone of the configuration. A burst is an hour of a day with burst_threshold events or more.
-- Types of users, by name: SYSTEM is System-User and the like, SERVICE_PRINCIPAL an application id (UUID) or a name without e-mail, PLATFORM any other name
-- that is no e-mail, HUMAN_USER the rest.
-- ANOMALOUS is a burst together with an off_hours_pct above threshold.off_hours_pct or a failed_action_rate above threshold.failed_action_pct, BURSTY a burst
-- alone, AFTER_HOURS that off_hours_pct alone.
CREATE OR REPLACE FUNCTION get_user_activity_patterns(
  days_back INT COMMENT 'Complete UTC days before today',
  burst_threshold INT DEFAULT 50 COMMENT 'Events within an hour from which the hour is a burst',
  exclude_system_accounts BOOLEAN DEFAULT TRUE COMMENT 'True leaves SYSTEM and PLATFORM accounts out'
)
RETURNS TABLE (
  user_email STRING COMMENT 'E-mail of the user; application id of a service principal, name of a system process',
  user_type STRING COMMENT 'HUMAN_USER, SERVICE_PRINCIPAL, PLATFORM or SYSTEM, told by the name',
  total_events BIGINT COMMENT 'Audit events of the window',
  active_days INT COMMENT 'UTC days with at least one event',
  avg_daily_events DOUBLE COMMENT 'Events an active day',
  peak_hour INT COMMENT 'Hour of the day, 0 to 23 in the time zone of the configuration, with the most events over all days; the earlier one of equals',
  peak_hour_events BIGINT COMMENT 'Events in that hour of the day over all days',
  off_hours_pct DOUBLE COMMENT 'Share of events outside the business hours of the configuration, in percent',
  weekend_pct DOUBLE COMMENT 'Share of events on Saturdays and Sundays, in percent',
  burst_count INT COMMENT 'Hours with burst_threshold events or more',
  unique_services INT COMMENT 'Different services',
  unique_ips INT COMMENT 'Different source addresses',
  failed_action_rate DOUBLE COMMENT 'Share of events that failed, in percent',
  activity_pattern STRING COMMENT 'ANOMALOUS: bursts, and much off-hours or many failures; BURSTY: bursts; AFTER_HOURS: much off-hours; else NORMAL'
)
COMMENT 'PURPOSE: Pattern of each user over the last days: bursts, peak hour, share off-hours and on weekends, rate of failures, and a class made of them.
BEST FOR: Which users behave anomalously? | Who sends bursts of requests? | Who works mostly after hours or on weekends?
NOT FOR: a ranking by events with a risk score (use get_user_activity_summary), single days off-hours (use get_off_hours_activity)
RETURNS: one row per user; ANOMALOUS first, then BURSTY, AFTER_HOURS and NORMAL, most events first
EXAMPLE: SELECT * FROM get_user_activity_patterns(30, burst_threshold => 100)'
RETURN
  WITH audit_event AS (
    SELECT
      COALESCE(a.user_identity_email, a.user_identity_subject_name) AS user_email,
      a.user_identity_email,
      a.event_date,
      DATE_TRUNC('HOUR', FROM_UTC_TIMESTAMP(a.event_time, ${timezone})) AS local_hour,
      a.service_name,
      a.source_ip_address,
      a.is_failed_action
    FROM fact_audit_logs AS a
    WHERE a.event_date >= DATE_SUB(CURRENT_DATE(), days_back)
      AND a.event_date < CURRENT_DATE()
      AND COALESCE(a.user_identity_email, a.user_identity_subject_name) IS NOT NULL
  ),
  user_hour AS (
    SELECT
      e.user_email,
      e.local_hour,
      MAX(e.user_identity_email) AS user_identity_email,
      COUNT(*) AS hourly_events,
      COUNT_IF(e.is_failed_action) AS failed_events
    FROM audit_event AS e
    GROUP BY e.user_email, e.local_hour
  ),
  burst AS (
    SELECT h.user_email, COUNT(*) AS burst_count
    FROM user_hour AS h
    WHERE h.hourly_events >= burst_threshold
    GROUP BY h.user_email
  ),
  hour_of_day AS (
    SELECT
      h.user_email,
      HOUR(h.local_hour) AS hour_number,
      SUM(h.hourly_events) AS hour_events,
      ROW_NUMBER() OVER (PARTITION BY h.user_email ORDER BY SUM(h.hourly_events) DESC, HOUR(h.local_hour)) AS hour_rank
    FROM user_hour AS h
    GROUP BY h.user_email, HOUR(h.local_hour)
  ),
  user_reach AS (
    SELECT
      e.user_email,
      COUNT(DISTINCT e.event_date) AS active_days,
      COUNT(DISTINCT e.service_name) AS unique_services,
      COUNT(DISTINCT e.source_ip_address) AS unique_ips
    FROM audit_event AS e
    GROUP BY e.user_email
  ),
  user_activity AS (
    SELECT
      h.user_email,
      MAX(h.user_identity_email) AS user_identity_email,
      SUM(h.hourly_events) AS total_events,
      SUM(CASE WHEN HOUR(h.local_hour) < ${business_hours.start} OR HOUR(h.local_hour) >= ${business_hours.end} THEN h.hourly_events ELSE 0 END) AS off_hours_events,
      SUM(CASE WHEN DAYOFWEEK(CAST(h.local_hour AS DATE)) IN (1, 7) THEN h.hourly_events ELSE 0 END) AS weekend_events,
      SUM(h.failed_events) AS failed_events
    FROM user_hour AS h
    GROUP BY h.user_email
  ),
  user_pattern AS (
    SELECT
      u.*,
      CASE
        WHEN u.user_identity_email IS NULL THEN 'SERVICE_PRINCIPAL'
        WHEN LOWER(u.user_identity_email) RLIKE '^system([-_ ]?user)?$' THEN 'SYSTEM'
        WHEN LOWER(u.user_identity_email) RLIKE '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN 'SERVICE_PRINCIPAL'
        WHEN u.user_identity_email NOT LIKE '%@%' THEN 'PLATFORM'
        ELSE 'HUMAN_USER'
      END AS user_type,
      COALESCE(b.burst_count, 0) AS burst_count,
      r.active_days,
      r.unique_services,
      r.unique_ips,
      h.hour_number,
      h.hour_events,
      CAST(u.off_hours_events AS DOUBLE) * 100 / u.total_events AS off_hours_pct,
      CAST(u.failed_events AS DOUBLE) * 100 / u.total_events AS failed_action_rate
    FROM user_activity AS u
    INNER JOIN user_reach AS r ON r.user_email = u.user_email
    LEFT JOIN burst AS b ON b.user_email = u.user_email
    INNER JOIN hour_of_day AS h ON h.user_email = u.user_email AND h.hour_rank = 1
  ),
  classified_user AS (
    SELECT
      p.*,
      CASE
        WHEN p.burst_count > 0 AND (p.off_hours_pct > ${threshold.off_hours_pct} OR p.failed_action_rate > ${threshold.failed_action_pct}) THEN 'ANOMALOUS'
        WHEN p.burst_count > 0 THEN 'BURSTY'
        WHEN p.off_hours_pct > ${threshold.off_hours_pct} THEN 'AFTER_HOURS'
        ELSE 'NORMAL'
      END AS activity_pattern
    FROM user_pattern AS p
  )
  SELECT
    c.user_email,
    c.user_type,
    c.total_events,
    CAST(c.active_days AS INT) AS active_days,
    CAST(c.total_events AS DOUBLE) / c.active_days AS avg_daily_events,
    c.hour_number AS peak_hour,
    c.hour_events AS peak_hour_events,
    c.off_hours_pct,
    CAST(c.weekend_events AS DOUBLE) * 100 / c.total_events AS weekend_pct,
    CAST(c.burst_count AS INT) AS burst_count,
    CAST(c.unique_services AS INT) AS unique_services,
    CAST(c.unique_ips AS INT) AS unique_ips,
    c.failed_action_rate,
    c.activity_pattern
  FROM classified_user AS c
  WHERE NOT exclude_system_accounts OR c.user_type NOT IN ('SYSTEM', 'PLATFORM')
  ORDER BY
    CASE c.activity_pattern WHEN 'ANOMALOUS' THEN 1 WHEN 'BURSTY' THEN 2 WHEN 'AFTER_HOURS' THEN 3 ELSE 4 END,
    c.total_events DESC,
    c.user_email;
