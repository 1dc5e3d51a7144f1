-- A row a node and minute. Loads follow the cluster: a runaway one idles.
SELECT
  s.account_id,
  coalesce(j.workspace_id, c.workspace_id) AS workspace_id,
  h.cluster_id,
  concat('i-0', sim_hex('node', h.nk, node)) AS instance_id,
  timestamp_micros(h.first_us + 60000000L * minute) AS start_time,
  timestamp_micros(least(h.first_us + 60000000L * (minute + 1), h.slice_end_us)) AS end_time,
  node = 0 AS driver,
  round(h.load * (0.7 + 0.6 * sim_random('cpu', h.k, h.hour_no, minute, node)), 2) AS cpu_user_percent,
  round(h.load * 0.12, 2) AS cpu_system_percent,
  round(2 * sim_random('wait', h.k, h.hour_no, minute, node), 2) AS cpu_wait_percent,
  round(25 + h.load * 0.6, 2) AS mem_used_percent,
  0.0D AS mem_swap_percent,
  CAST(h.load * 40000 + 1000 * minute AS BIGINT) AS network_sent_bytes,
  CAST(h.load * 90000 + 1500 * minute AS BIGINT) AS network_received_bytes,
  h.node_type,
  concat('10.', CAST(100 + node % 100 AS STRING), '.', CAST(h.octet AS STRING), '.', CAST(10 + node % 200 AS STRING)) AS private_ip,
  h.arrival
FROM (
  SELECT
    x.*,
    sim_key('nodes', x.cluster_id) AS nk,
    CAST(sim_key('octet', x.cluster_id) % 250 AS INT) AS octet,
    CASE WHEN x.runaway THEN 3.0 ELSE 20 + 50 * sim_random('load', x.k, x.hour_no) END AS load,
    x.slice_start_us AS first_us
  FROM sim.cluster_hour AS x
) AS h
CROSS JOIN sim.size AS s
LEFT JOIN sim.job AS j ON j.job_no = h.job_no
LEFT JOIN sim.cluster AS c ON c.cluster_no = h.cluster_no
CROSS JOIN LATERAL explode(sequence(0, h.workers)) AS x_node(node)
CROSS JOIN LATERAL explode(sequence(0, CAST((h.slice_end_us - h.slice_start_us - 1) DIV 60000000 AS INT))) AS x_minute(minute)
