-- Payloads of a quarter of the requests.
SELECT
  e.account_id,
  e.workspace_id,
  date_from_unix_date(c.d) AS request_date,
  sim_uuid('call', c.k) AS databricks_request_id,
  sim_hex('client request', c.k) AS client_request_id,
  timestamp_micros(c.request_us) AS request_time,
  c.status_code,
  0.25D AS sampling_fraction,
  40 + c.output_tokens * 3 AS execution_duration_ms,
  '{"messages": [{"role": "user", "content": "..."}]}' AS request,
  CASE WHEN c.status_code = 200 THEN '{"choices": [{"message": {"role": "assistant", "content": "..."}}]}' END AS response,
  e.served_entity_id,
  e.endpoint_id AS endpoint_table_id,
  e.created_by AS requester,
  c.arrival
FROM sim.call AS c
JOIN sim.endpoint AS e ON e.endpoint_no = c.endpoint_no
WHERE c.k % 4 = 0
