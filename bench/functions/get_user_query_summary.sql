-- What each user ran, 2026-06-01 to 2026-06-30, the 50 with most statements.
WITH user_warehouse AS (
  SELECT
    executed_by,
    compute_warehouse_id,
    count(*) AS statements,
    sum(total_duration_ms) AS duration_ms,
    count(total_duration_ms) AS timed,
    sum(read_bytes) AS read_bytes,
    count(*) FILTER (WHERE execution_status = 'FAILED') AS failed,
    count(*) FILTER (WHERE execution_status <> 'RUNNING') AS ended
  FROM system_gold.fact_query_history
  WHERE start_time >= TIMESTAMP '2026-06-01' AND start_time < TIMESTAMP '2026-07-01'
  GROUP BY ALL
),
user_summary AS (
  SELECT
    executed_by,
    sum(statements) AS statements,
    sum(duration_ms) AS duration_ms,
    sum(timed) AS timed,
    sum(read_bytes) AS read_bytes,
    sum(failed) AS failed,
    sum(ended) AS ended,
    first(compute_warehouse_id ORDER BY statements DESC, compute_warehouse_id) FILTER (WHERE compute_warehouse_id IS NOT NULL) AS most_used_warehouse
  FROM user_warehouse
  GROUP BY executed_by
)
SELECT
  row_number() OVER (ORDER BY statements DESC, executed_by)::INTEGER AS rank,
  executed_by AS user_email,
  statements::INTEGER AS query_count,
  duration_ms / 3600000 AS total_duration_hours,
  duration_ms / (nullif(timed, 0) * 1000) AS avg_duration_seconds,
  read_bytes / 1073741824 AS total_read_gb,
  failed * 100 / nullif(ended, 0) AS error_rate_pct,
  most_used_warehouse
FROM user_summary
ORDER BY rank
LIMIT 50
