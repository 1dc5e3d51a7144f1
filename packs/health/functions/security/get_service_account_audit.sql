-- What accounts do that are no people: service principals, system processes, the platform.
-- Grain: one row an account. Window: the days_back complete UTC days before today; today is left out.
-- Types of accounts, by name: SYSTEM is System-User and the like, SERVICE_PRINCIPAL an application id (UUID) or a name without e-mail, PLATFORM any other
-- name that is no e-mail; e-mails are people and left out.
-- HIGH is a failure_rate above threshold.failed_action_pct or more sensitive_events than threshold.service_account_sensitive, MEDIUM more unique_ips than
-- threshold.service_account_ips or more failed_events than threshold.service_account_failed.
CREATE OR REPLACE FUNCTION get_service_account_audit(
  days_back INT COMMENT 'Complete UTC days before today'
)
RETURNS TABLE (
  account_email STRING COMMENT 'Application id of a service principal, its name when it has no e-mail, or the name of a system process',
  account_type STRING COMMENT 'SERVICE_PRINCIPAL, PLATFORM or SYSTEM, told by the name',
  total_events BIGINT COMMENT 'Audit events of the window',
  unique_actions INT COMMENT 'Different actions',
  unique_services INT COMMENT 'Different services',
  failed_events BIGINT COMMENT 'Events that failed: status 400 or more, or an error message',
  failure_rate DOUBLE COMMENT 'Share of events that failed, in percent',
  unique_ips INT COMMENT 'Different source addresses',
  sensitive_events BIGINT COMMENT 'Events about grants, secrets, permissions, tokens, passwords, credentials or deletion',
  first_activity TIMESTAMP COMMENT 'First event of the window (UTC)',
  last_activity TIMESTAMP COMMENT 'Last event of the window (UTC)',
  risk_level STRING COMMENT 'HIGH: fails often or has many sensitive events; MEDIUM: many addresses or many failed events; else LOW'
)
COMMENT 'PURPOSE: Activity and risk of accounts that are no people - service principals, system processes - over the last complete days.
BEST FOR: Which service principals fail a lot? | Which service accounts touch secrets or permissions? | Is a service principal used from many addresses?
NOT FOR: people (use get_user_activity_summary or get_user_activity_patterns), runs of jobs (use get_job_success_rate)
RETURNS: one row per account; HIGH risk first, then MEDIUM and LOW, most events first
EXAMPLE: SELECT * FROM get_service_account_audit(30)'
RETURN
  WITH account_activity AS (
    SELECT
      COALESCE(a.user_identity_email, a.user_identity_subject_name) AS account_email,
      MAX(a.user_identity_email) AS user_identity_email,
      COUNT(*) AS total_events,
      COUNT(DISTINCT a.action_name) AS unique_actions,
      COUNT(DISTINCT a.service_name) AS unique_services,
      COUNT_IF(a.is_failed_action) AS failed_events,
      CAST(COUNT_IF(a.is_failed_action) AS DOUBLE) * 100 / COUNT(*) AS failure_rate,
      COUNT(DISTINCT a.source_ip_address) AS unique_ips,
      COUNT_IF(a.is_sensitive_action) AS sensitive_events,
      MIN(a.event_time) AS first_activity,
      MAX(a.event_time) AS last_activity
    FROM fact_audit_logs AS a
    WHERE a.event_date >= DATE_SUB(CURRENT_DATE(), days_back)
      AND a.event_date < CURRENT_DATE()
      AND (a.user_identity_email NOT LIKE '%@%' OR (a.user_identity_email IS NULL AND a.user_identity_subject_name IS NOT NULL))
    GROUP BY COALESCE(a.user_identity_email, a.user_identity_subject_name)
  ),
  rated_account AS (
    SELECT
      t.*,
      CASE
        WHEN t.user_identity_email IS NULL THEN 'SERVICE_PRINCIPAL'
        WHEN LOWER(t.user_identity_email) RLIKE '^system([-_ ]?user)?$' THEN 'SYSTEM'
        WHEN LOWER(t.user_identity_email) RLIKE '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN 'SERVICE_PRINCIPAL'
        ELSE 'PLATFORM'
      END AS account_type,
      CASE
        WHEN t.failure_rate > ${threshold.failed_action_pct} OR t.sensitive_events > ${threshold.service_account_sensitive} THEN 'HIGH'
        WHEN t.unique_ips > ${threshold.service_account_ips} OR t.failed_events > ${threshold.service_account_failed} THEN 'MEDIUM'
        ELSE 'LOW'
      END AS risk_level
    FROM account_activity AS t
  )
  SELECT
    r.account_email,
    r.account_type,
    r.total_events,
    CAST(r.unique_actions AS INT) AS unique_actions,
    CAST(r.unique_services AS INT) AS unique_services,
    r.failed_events,
    r.failure_rate,
    CAST(r.unique_ips AS INT) AS unique_ips,
    r.sensitive_events,
    r.first_activity,
    r.last_activity,
    r.risk_level
  FROM rated_account AS r
  ORDER BY CASE r.risk_level WHEN 'HIGH' THEN 1 WHEN 'MEDIUM' THEN 2 ELSE 3 END, r.total_events DESC, r.account_email;
