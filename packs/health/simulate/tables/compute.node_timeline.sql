-- A row a node and minute. Loads follow the cluster: a runaway one idles.
SELECT
  s.account_id,
  coalesce(j.workspace_id, c.workspace_id) AS workspace_id,
  h.cluster_id,
  concat('i-0', sim_hex('node', h.nk, h.node)) AS instance_id,
  timestamp_micros(h.slice_start_us + 60000000L * h.minute) AS start_time,
  timestamp_micros(least(h.slice_start_us + 60000000L * (h.minute + 1), h.slice_end_us)) AS end_time,
  h.node = 0 AS driver,
  floor(100 * h.load * (0.7D + 0.6D * sim_random('cpu', h.k, h.hour_no, h.minute, h.node))) / 100.0D AS cpu_user_percent,
  floor(h.load * 12.0D) / 100.0D AS cpu_system_percent,
  floor(200.0D * sim_random('wait', h.k, h.hour_no, h.minute, h.node)) / 100.0D AS cpu_wait_percent,
  floor(2500.0D + h.load * 60.0D) / 100.0D AS mem_used_percent,
  0.0D AS mem_swap_percent,
  CAST(h.load * 40000 + 1000 * h.minute AS BIGINT) AS network_sent_bytes,
  CAST(h.load * 90000 + 1500 * h.minute AS BIGINT) AS network_received_bytes,
  h.node_type,
  concat('10.', CAST(100 + h.node % 100 AS STRING), '.', CAST(h.octet AS STRING), '.', CAST(10 + h.node % 200 AS STRING)) AS private_ip,
  h.arrival
FROM (
  SELECT m.*, CAST(m.n DIV m.minutes AS INT) AS node, CAST(m.n % m.minutes AS INT) AS minute
  FROM (
    SELECT x.*, explode(sequence(0, (x.workers + 1) * x.minutes - 1)) AS n
    FROM (
      SELECT
        c.k, c.hour_no, c.cluster_id, c.job_no, c.cluster_no, c.workers, c.node_type, c.slice_start_us, c.slice_end_us, c.arrival,
        sim_key('nodes', c.cluster_id) AS nk,
        CAST(sim_key('octet', c.cluster_id) % 250 AS INT) AS octet,
        CASE WHEN c.runaway THEN 3.0D ELSE 20.0D + 50.0D * sim_random('load', c.k, c.hour_no) END AS load,
        1 + CAST((c.slice_end_us - c.slice_start_us - 1) DIV 60000000 AS INT) AS minutes
      FROM sim.cluster_hour AS c
    ) AS x
  ) AS m
) AS h
CROSS JOIN sim.size AS s
LEFT JOIN sim.job AS j ON j.job_no = h.job_no
LEFT JOIN sim.cluster AS c ON c.cluster_no = h.cluster_no
