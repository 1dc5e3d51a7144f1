-- Statements per day over the 30 days before 2026-07-01.
WITH volume AS (
  SELECT
    date_trunc('day', start_time) AS period_start,
    count(*) AS statements,
    count(DISTINCT executed_by) AS users,
    avg(total_duration_ms) AS mean_ms,
    sum(read_bytes) AS read_bytes,
    count(*) FILTER (WHERE execution_status = 'FAILED') AS failed
  FROM system_gold.fact_query_history
  WHERE start_time >= TIMESTAMP '2026-06-01' AND start_time < TIMESTAMP '2026-07-01'
  GROUP BY ALL
)
SELECT
  p.period_start,
  coalesce(v.statements, 0)::INTEGER AS query_count,
  coalesce(v.users, 0)::INTEGER AS unique_users,
  v.mean_ms / 1000 AS avg_duration_seconds,
  coalesce(v.read_bytes, 0) / 1099511627776 AS total_read_tb,
  coalesce(v.failed, 0)::INTEGER AS error_count,
  lag(query_count) OVER (ORDER BY p.period_start) AS prior_period_count,
  (query_count - prior_period_count) * 100 / nullif(prior_period_count, 0) AS change_pct
FROM generate_series(TIMESTAMP '2026-06-01', TIMESTAMP '2026-06-30', INTERVAL 1 DAY) AS p (period_start)
LEFT JOIN volume AS v USING (period_start)
ORDER BY p.period_start
