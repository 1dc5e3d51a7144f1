-- Requests to endpoints. Four in a thousand come first without their output, a day later with it.
SELECT
  e.workspace_id,
  e.account_id,
  sim_hex('client request', c.k) AS client_request_id,
  sim_uuid('call', c.k) AS databricks_request_id,
  e.created_by AS requester,
  c.status_code,
  timestamp_micros(c.request_us) AS request_time,
  c.input_tokens AS input_token_count,
  CASE WHEN c.early THEN 0 WHEN c.status_code = 200 THEN c.output_tokens ELSE 0 END AS output_token_count,
  c.input_tokens * 4 AS input_character_count,
  CASE WHEN c.early THEN 0 WHEN c.status_code = 200 THEN c.output_tokens * 4 ELSE 0 END AS output_character_count,
  e.all_tags AS usage_context,
  c.k % 5 = 0 AS request_streaming,
  e.served_entity_id,
  c.arrival
FROM (
  SELECT x.*, FALSE AS early FROM sim.call AS x
  UNION ALL
  SELECT x.* EXCEPT (arrival), x.first_arrival AS arrival, TRUE AS early FROM sim.call AS x WHERE x.corrected
) AS c
JOIN sim.endpoint AS e ON e.endpoint_no = c.endpoint_no
