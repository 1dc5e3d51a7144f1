-- The busiest identities of a period with what makes them a risk.
-- Grain: one row a user, service principal or system process; the top_n with the most events. Window: whole UTC days, both ends in.
-- A service principal without an e-mail goes by its name. Off-hours is what lies outside business hours, in the time zone of the configuration:
-- the hour at which they end is outside already (an hour > end would miss it).
-- The risk score is a sum of points, 100 at most: 10 a failed event, 2 a sensitive event, 20 for more addresses than threshold.user_ips, 30 for a share of
-- off-hours events above threshold.off_hours_pct.
CREATE OR REPLACE FUNCTION get_user_activity_summary(
  start_date STRING COMMENT 'First UTC day, YYYY-MM-DD',
  end_date STRING COMMENT 'Last UTC day, YYYY-MM-DD; it counts',
  top_n INT DEFAULT 50 COMMENT 'Users at most'
)
RETURNS TABLE (
  rank INT COMMENT 'Place by number of events, from 1',
  user_email STRING COMMENT 'E-mail of the user; application id of a service principal, name of a system process',
  event_count INT COMMENT 'Audit events of the period',
  unique_actions INT COMMENT 'Different actions',
  unique_services INT COMMENT 'Different services',
  failed_events INT COMMENT 'Events that failed: status 400 or more, or an error message',
  sensitive_events INT COMMENT 'Events about grants, secrets, permissions, tokens, passwords, credentials or deletion',
  unique_ips INT COMMENT 'Different source addresses',
  off_hours_events INT COMMENT 'Events outside the business hours of the configuration, in its time zone',
  risk_score INT COMMENT 'Points from 0 to 100, more is riskier: for failed and sensitive events, many addresses, much activity off-hours'
)
COMMENT 'PURPOSE: Ranks users and service principals by audit events over a period, with failures, sensitive actions, addresses, off-hours events, risk score.
BEST FOR: Who are the most active users? | Which users have the highest risk score this month? | Who had many failed events from many addresses?
NOT FOR: bursts and hours of the day (use get_user_activity_patterns), service principals alone (use get_service_account_audit)
RETURNS: one row per user, service principal or system process; top_n rows at most, most events first
EXAMPLE: SELECT * FROM get_user_activity_summary(\'2026-06-01\', \'2026-06-30\', top_n => 20)'
RETURN
  WITH user_activity AS (
    SELECT
      COALESCE(a.user_identity_email, a.user_identity_subject_name) AS user_email,
      COUNT(*) AS event_count,
      COUNT(DISTINCT a.action_name) AS unique_actions,
      COUNT(DISTINCT a.service_name) AS unique_services,
      COUNT_IF(a.is_failed_action) AS failed_events,
      COUNT_IF(a.is_sensitive_action) AS sensitive_events,
      COUNT(DISTINCT a.source_ip_address) AS unique_ips,
      COUNT_IF(
        HOUR(FROM_UTC_TIMESTAMP(a.event_time, ${timezone})) < ${business_hours.start}
        OR HOUR(FROM_UTC_TIMESTAMP(a.event_time, ${timezone})) >= ${business_hours.end}
      ) AS off_hours_events
    FROM fact_audit_logs AS a
    WHERE a.event_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
      AND COALESCE(a.user_identity_email, a.user_identity_subject_name) IS NOT NULL
    GROUP BY COALESCE(a.user_identity_email, a.user_identity_subject_name)
  ),
  ranked_user AS (
    SELECT u.*, ROW_NUMBER() OVER (ORDER BY u.event_count DESC, u.user_email) AS user_rank
    FROM user_activity AS u
  )
  SELECT
    CAST(r.user_rank AS INT) AS rank,
    r.user_email,
    CAST(r.event_count AS INT) AS event_count,
    CAST(r.unique_actions AS INT) AS unique_actions,
    CAST(r.unique_services AS INT) AS unique_services,
    CAST(r.failed_events AS INT) AS failed_events,
    CAST(r.sensitive_events AS INT) AS sensitive_events,
    CAST(r.unique_ips AS INT) AS unique_ips,
    CAST(r.off_hours_events AS INT) AS off_hours_events,
    CAST(LEAST(
      100,
      r.failed_events * 10
      + r.sensitive_events * 2
      + CASE WHEN r.unique_ips > ${threshold.user_ips} THEN 20 ELSE 0 END
      + CASE WHEN r.off_hours_events * 100 > r.event_count * ${threshold.off_hours_pct} THEN 30 ELSE 0 END
    ) AS INT) AS risk_score
  FROM ranked_user AS r
  WHERE r.user_rank <= top_n
  ORDER BY rank;
