-- Percentiles of the durations of finished statements for each SQL warehouse.
-- Grain: one row a warehouse. Failed and canceled statements and those on other compute are left out; results from the cache count: users see them.
-- Percentiles are exact and interpolate between neighbours. A day is the UTC day on which a statement was received.
CREATE OR REPLACE FUNCTION get_query_latency_percentiles(
  start_date STRING COMMENT 'First UTC day of the window, YYYY-MM-DD, inclusive',
  end_date STRING COMMENT 'Last UTC day of the window, YYYY-MM-DD, inclusive'
)
RETURNS TABLE (
  warehouse_id STRING COMMENT 'SQL warehouse',
  warehouse_name STRING COMMENT 'Name of the warehouse as it is now',
  query_count INT COMMENT 'Finished statements',
  p50_seconds DOUBLE COMMENT 'Median duration, in seconds',
  p75_seconds DOUBLE COMMENT '75th percentile of the durations, in seconds',
  p90_seconds DOUBLE COMMENT '90th percentile of the durations, in seconds',
  p95_seconds DOUBLE COMMENT '95th percentile of the durations, in seconds',
  p99_seconds DOUBLE COMMENT '99th percentile of the durations, in seconds',
  max_seconds DOUBLE COMMENT 'Longest duration, in seconds'
)
COMMENT 'PURPOSE: How long users of each SQL warehouse wait: percentiles 50, 75, 90, 95, 99 and maximum of the durations of finished statements.
BEST FOR: What is the P95 latency of each warehouse? | Does a warehouse meet its latency target? | Which warehouse has the worst tail?
NOT FOR: queueing, errors, concurrency (use get_warehouse_utilization), single statements (use get_slow_queries), jobs (use get_job_duration_percentiles)
RETURNS: one row per SQL warehouse, most statements first
EXAMPLE: SELECT * FROM get_query_latency_percentiles(\'2026-06-01\', \'2026-06-30\')'
RETURN
  WITH warehouse_latency AS (
    SELECT
      q.workspace_id,
      q.compute_warehouse_id,
      COUNT(*) AS statements,
      PERCENTILE(q.total_duration_ms, ARRAY(0.5, 0.75, 0.9, 0.95, 0.99)) AS percentile_ms,
      MAX(q.total_duration_ms) AS max_ms
    FROM fact_query_history AS q
    WHERE q.start_time >= CAST(start_date AS DATE)
      AND q.start_time < DATE_ADD(CAST(end_date AS DATE), 1)
      AND q.execution_status = 'FINISHED'
      AND q.compute_warehouse_id IS NOT NULL
    GROUP BY q.workspace_id, q.compute_warehouse_id
  )
  SELECT
    l.compute_warehouse_id AS warehouse_id,
    w.warehouse_name,
    CAST(l.statements AS INT) AS query_count,
    l.percentile_ms[0] / 1000.0D AS p50_seconds,
    l.percentile_ms[1] / 1000.0D AS p75_seconds,
    l.percentile_ms[2] / 1000.0D AS p90_seconds,
    l.percentile_ms[3] / 1000.0D AS p95_seconds,
    l.percentile_ms[4] / 1000.0D AS p99_seconds,
    l.max_ms / 1000.0D AS max_seconds
  FROM warehouse_latency AS l
  LEFT JOIN dim_warehouse AS w ON w.workspace_id = l.workspace_id AND w.warehouse_id = l.compute_warehouse_id
  ORDER BY l.statements DESC, l.compute_warehouse_id, l.workspace_id
