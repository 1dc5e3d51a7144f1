-- Who read which table, by day, from the audit log.
-- Grain: one row a UTC day, user, table and action. Window: whole UTC days, both ends in.
-- Reads are actions on a table that get, read, query or preview it, get a credential for its files, or read it through Delta Sharing. The name of the
-- table is in another parameter for each of them: full_name_arg, table_full_name, tableName; a shared table is share.schema.name.
-- table_pattern is a LIKE pattern by contract, so % and _ in it are wildcards. Failed reads count: an attempt is access to be looked at.
CREATE OR REPLACE FUNCTION get_sensitive_table_access(
  start_date STRING COMMENT 'First UTC day, YYYY-MM-DD',
  end_date STRING COMMENT 'Last UTC day, YYYY-MM-DD; it counts',
  table_pattern STRING DEFAULT '%' COMMENT 'LIKE pattern of full table names, e.g. prod.hr.%; % is any text, _ any one character'
)
RETURNS TABLE (
  access_date DATE COMMENT 'UTC day',
  user_email STRING COMMENT 'E-mail of the user; application id of a service principal; null when the event names nobody',
  table_name STRING COMMENT 'catalog.schema.table as the request named it',
  action STRING COMMENT 'What was asked, e.g. getTable, generateTemporaryTableCredential',
  access_count INT COMMENT 'Events',
  source_ips STRING COMMENT 'Source addresses in order, separated by comma; empty when the events have none',
  is_off_hours BOOLEAN COMMENT 'True when at least one event lies outside the business hours of the configuration, in its time zone'
)
COMMENT 'PURPOSE: Reads of tables from the audit log per day, user and table, for tables whose name fits a pattern, with addresses and off-hours mark.
BEST FOR: Who read our HR tables? | Which users looked at tables with customer data last week? | Was a sensitive table read at night?
NOT FOR: reads and writes by jobs, notebooks and statements from lineage (use get_table_access_audit), tables nobody uses (use get_table_activity_status)
RETURNS: one row per UTC day, user, table and action; newest day first, then most events
EXAMPLE: SELECT * FROM get_sensitive_table_access(\'2026-06-01\', \'2026-06-30\', \'prod.hr.%\')'
RETURN
  WITH table_read AS (
    SELECT
      a.event_date,
      COALESCE(a.user_identity_email, a.user_identity_subject_name) AS user_email,
      COALESCE(
        a.request_params['tableName'],
        a.request_params['full_name_arg'],
        a.request_params['table_full_name'],
        CONCAT_WS('.', a.request_params['share'], a.request_params['schema'], a.request_params['name'])
      ) AS table_name,
      a.action_name,
      a.source_ip_address,
      HOUR(FROM_UTC_TIMESTAMP(a.event_time, ${timezone})) AS event_hour
    FROM fact_audit_logs AS a
    WHERE a.event_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
      AND LOWER(a.action_name) RLIKE '^(get|read|query|preview|generatetemporary|deltasharing(get|quer)).*table'
  )
  SELECT
    r.event_date AS access_date,
    r.user_email,
    r.table_name,
    r.action_name AS action,
    CAST(COUNT(*) AS INT) AS access_count,
    ARRAY_JOIN(ARRAY_SORT(COLLECT_SET(r.source_ip_address)), ', ') AS source_ips,
    BOOL_OR(r.event_hour < ${business_hours.start} OR r.event_hour >= ${business_hours.end}) AS is_off_hours
  FROM table_read AS r
  WHERE r.table_name <> '' AND r.table_name LIKE table_pattern
  GROUP BY r.event_date, r.user_email, r.table_name, r.action_name
  ORDER BY access_date DESC, access_count DESC, user_email, table_name, action;
