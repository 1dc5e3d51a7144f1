-- Configurations of clusters: shared ones with a change of size, and the own cluster of each classic run, deleted when it ended.
SELECT
  c.account_id,
  c.workspace_id,
  c.cluster_id,
  c.cluster_name,
  c.owned_by,
  c.created_at AS create_time,
  c.node_type AS driver_node_type,
  c.node_type AS worker_node_type,
  CAST(NULL AS BIGINT) AS worker_count,
  1 AS min_autoscale_workers,
  c.workers + v.version AS max_autoscale_workers,
  c.auto_termination_minutes,
  TRUE AS enable_elastic_disk,
  CASE WHEN c.tagged THEN c.all_tags ELSE map() END AS tags,
  'UI' AS cluster_source,
  named_struct('first_on_demand', 1, 'availability', 'SPOT_WITH_FALLBACK', 'zone_id', 'us-east-1a', 'spot_bid_price_percent', 100) AS aws_attributes,
  c.dbr_version,
  CASE v.version WHEN 0 THEN c.created_at ELSE CAST(v.day AS TIMESTAMP) + make_dt_interval(0, 9, 30) END AS change_time,
  CASE v.version WHEN 0 THEN CAST(c.created_at AS DATE) ELSE v.day END AS change_date,
  'USER_ISOLATION' AS data_security_mode,
  CAST(NULL AS TIMESTAMP) AS delete_time,
  v.day AS arrival
FROM sim.cluster AS c
JOIN sim.version AS v ON v.entity = 'cluster' AND v.entity_no = c.cluster_no
UNION ALL
SELECT
  j.account_id,
  j.workspace_id,
  u.cluster_id,
  concat('job-', j.job_id, '-run-', u.run_id),
  j.run_as,
  timestamp_micros(u.start_us),
  j.node_type,
  j.node_type,
  CAST(j.workers AS BIGINT),
  NULL,
  NULL,
  0,
  TRUE,
  CASE WHEN j.tagged THEN j.all_tags ELSE map() END,
  'JOB',
  named_struct('first_on_demand', 1, 'availability', 'SPOT_WITH_FALLBACK', 'zone_id', 'us-east-1b', 'spot_bid_price_percent', 100),
  j.dbr_version,
  timestamp_micros(CASE u.part WHEN 0 THEN u.start_us ELSE u.end_us END),
  CAST(timestamp_micros(CASE u.part WHEN 0 THEN u.start_us ELSE u.end_us END) AS DATE),
  'SINGLE_USER',
  CASE u.part WHEN 1 THEN timestamp_micros(u.end_us) END,
  u.arrival
FROM (
  SELECT x.*, 0 AS part, date_from_unix_date(CAST(x.start_us DIV 86400000000 AS INT)) AS arrival FROM sim.cluster_use AS x WHERE x.source = 'JOB'
  UNION ALL
  SELECT x.*, 1, date_from_unix_date(CAST(x.end_us DIV 86400000000 AS INT)) FROM sim.cluster_use AS x WHERE x.source = 'JOB'
) AS u
JOIN sim.job AS j ON j.job_no = u.job_no
