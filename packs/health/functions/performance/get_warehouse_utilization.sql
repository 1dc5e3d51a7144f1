-- Statements, latency, queueing and concurrency of SQL warehouses.
-- Grain: one row a warehouse that received statements. Statements on other compute are left out. A day is the UTC day on which a statement was received.
-- Unlike the specification, peak_concurrency is counted, not null: a sweep over starts and ends, where an end at the moment of a start comes first.
-- Errors are a share of the statements that have ended: one that still runs is neither.
CREATE OR REPLACE FUNCTION get_warehouse_utilization(
  start_date STRING COMMENT 'First UTC day of the window, YYYY-MM-DD, inclusive',
  end_date STRING COMMENT 'Last UTC day of the window, YYYY-MM-DD, inclusive'
)
RETURNS TABLE (
  warehouse_id STRING COMMENT 'SQL warehouse',
  warehouse_name STRING COMMENT 'Name of the warehouse as it is now',
  warehouse_size STRING COMMENT 'Size of a cluster of it as it is now: 2X_SMALL to 4X_LARGE',
  total_queries INT COMMENT 'Statements received, whatever became of them',
  total_duration_hours DOUBLE COMMENT 'Sum of their durations, in hours; more than the time passed when statements ran side by side',
  avg_duration_seconds DOUBLE COMMENT 'Mean duration of a statement, in seconds',
  p95_duration_seconds DOUBLE COMMENT '95th percentile of the durations, in seconds',
  avg_queue_time_seconds DOUBLE COMMENT 'Mean time that a statement waited in the queue for free capacity, in seconds',
  peak_concurrency INT COMMENT 'Most statements of the window that were there, waiting or running, at the same time',
  error_rate_pct DOUBLE COMMENT 'Failed statements as a share of the ended ones, in percent; canceled ones are ended, not failed'
)
COMMENT 'PURPOSE: Load of each SQL warehouse: how many statements, how long they take, how long they queue, how many at once, how many fail.
BEST FOR: Which warehouses are the busiest? | On which warehouse do queries queue? | How many queries run at the same time on each warehouse?
NOT FOR: more percentiles (use get_query_latency_percentiles), a sizing verdict (use get_query_efficiency_analysis), clusters (use get_cluster_utilization)
RETURNS: one row per SQL warehouse, most statements first
EXAMPLE: SELECT * FROM get_warehouse_utilization(\'2026-06-01\', \'2026-06-30\')'
RETURN
  WITH warehouse_load AS (
    SELECT
      q.workspace_id,
      q.compute_warehouse_id,
      COUNT(*) AS statements,
      SUM(q.total_duration_ms) AS duration_ms,
      AVG(q.total_duration_ms) AS mean_ms,
      PERCENTILE(q.total_duration_ms, 0.95) AS p_high_ms,
      AVG(COALESCE(q.waiting_at_capacity_duration_ms, 0)) AS mean_queue_ms,
      COUNT_IF(q.execution_status = 'FAILED') AS failed,
      COUNT_IF(q.execution_status <> 'RUNNING') AS ended
    FROM fact_query_history AS q
    WHERE q.start_time >= CAST(start_date AS DATE)
      AND q.start_time < DATE_ADD(CAST(end_date AS DATE), 1)
      AND q.compute_warehouse_id IS NOT NULL
    GROUP BY q.workspace_id, q.compute_warehouse_id
  ),
  -- a statement comes (1) and goes (-1)
  change AS (
    SELECT
      q.workspace_id,
      q.compute_warehouse_id,
      CASE WHEN c.step > 0 THEN q.start_time ELSE q.end_time END AS changed_at,
      c.step
    FROM fact_query_history AS q
    CROSS JOIN (VALUES (1), (-1)) AS c (step)
    WHERE q.start_time >= CAST(start_date AS DATE)
      AND q.start_time < DATE_ADD(CAST(end_date AS DATE), 1)
      AND q.compute_warehouse_id IS NOT NULL
      AND (c.step > 0 OR q.end_time IS NOT NULL)
  ),
  present AS (
    SELECT
      c.workspace_id,
      c.compute_warehouse_id,
      SUM(c.step) OVER (
        PARTITION BY c.workspace_id, c.compute_warehouse_id ORDER BY c.changed_at, c.step ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS statements
    FROM change AS c
  ),
  -- one that ends as it starts was there as well
  peak AS (
    SELECT p.workspace_id, p.compute_warehouse_id, GREATEST(MAX(p.statements), 1) AS statements
    FROM present AS p
    GROUP BY p.workspace_id, p.compute_warehouse_id
  )
  SELECT
    l.compute_warehouse_id AS warehouse_id,
    w.warehouse_name,
    w.warehouse_size,
    CAST(l.statements AS INT) AS total_queries,
    l.duration_ms / 3600000.0D AS total_duration_hours,
    l.mean_ms / 1000.0D AS avg_duration_seconds,
    l.p_high_ms / 1000.0D AS p95_duration_seconds,
    l.mean_queue_ms / 1000.0D AS avg_queue_time_seconds,
    CAST(p.statements AS INT) AS peak_concurrency,
    l.failed * 100.0D / NULLIF(l.ended, 0) AS error_rate_pct
  FROM warehouse_load AS l
  INNER JOIN peak AS p ON p.workspace_id <=> l.workspace_id AND p.compute_warehouse_id = l.compute_warehouse_id
  LEFT JOIN dim_warehouse AS w ON w.workspace_id = l.workspace_id AND w.warehouse_id = l.compute_warehouse_id
  ORDER BY l.statements DESC, l.compute_warehouse_id, l.workspace_id
