CREATE TABLE gold.fact_assistant_events AS
SELECT
  b.account_id,
  b.workspace_id,
  b.event_id,
  b.event_time,
  b.event_date,
  b.user_agent,
  b.initiated_by
FROM bronze.assistant_events AS b;
