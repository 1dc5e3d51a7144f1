-- Efficiency of the statements of each SQL warehouse over recent hours, with a verdict on its size.
-- Grain: one row a warehouse. Window: from hours_back hours before now until now, not whole days, for a look at what happens at present.
-- Statements that still run and those that took a moment only (threshold.short_query_s) are left out. A statement without a recorded wait did not wait.
CREATE OR REPLACE FUNCTION get_query_efficiency_analysis(
  hours_back INT COMMENT 'Hours before now that are looked at',
  warehouse_filter STRING DEFAULT 'ALL' COMMENT 'Identifier of a SQL warehouse; ALL means all'
)
RETURNS TABLE (
  warehouse_id STRING COMMENT 'SQL warehouse',
  warehouse_name STRING COMMENT 'Name of the warehouse as it is now',
  total_queries BIGINT COMMENT 'Ended statements that took longer than a moment',
  efficient_queries BIGINT COMMENT 'Of these the ones that neither spilled, nor waited too long, nor were slow',
  high_spill_queries BIGINT COMMENT 'Of these the ones that spilled to local disk',
  high_queue_queries BIGINT COMMENT 'Of these the ones that spent more than threshold.queue_pct of their duration in the queue',
  slow_queries BIGINT COMMENT 'Of these the ones that took longer than threshold.slow_query_s',
  efficiency_rate DOUBLE COMMENT 'efficient_queries as a share of total_queries, in percent',
  avg_queue_ratio DOUBLE COMMENT 'Mean share of its duration that a statement spent in the queue, in percent',
  spill_rate DOUBLE COMMENT 'high_spill_queries as a share of total_queries, in percent',
  p95_duration_sec DOUBLE COMMENT '95th percentile of the durations, in seconds',
  p99_duration_sec DOUBLE COMMENT '99th percentile of the durations, in seconds',
  sizing_indicator STRING COMMENT 'SCALE_UP_NEEDED when too many statements queue, SCALE_DOWN_POSSIBLE when few run and nearly all are efficient, else OPTIMAL'
)
COMMENT 'PURPOSE: Verdict on each SQL warehouse from its recent statements: shares that spill, queue or are slow, and whether it should be larger or smaller.
BEST FOR: Should a warehouse be scaled up or down? | Which warehouses run inefficient queries right now? | Do queries queue or spill today?
NOT FOR: single statements (use get_query_efficiency), windows of dates (use get_warehouse_utilization), clusters (use get_cluster_right_sizing_recommendations)
RETURNS: one row per SQL warehouse, least efficient first
EXAMPLE: SELECT * FROM get_query_efficiency_analysis(24)'
RETURN
  WITH recent_statement AS (
    SELECT
      q.workspace_id,
      q.compute_warehouse_id,
      q.total_duration_ms,
      COALESCE(q.spilled_local_bytes, 0) > 0 AS has_spill,
      COALESCE(q.waiting_at_capacity_duration_ms, 0) * 100.0D / q.total_duration_ms AS queue_pct,
      q.total_duration_ms > CAST(${threshold.slow_query_s} AS DOUBLE) * 1000 AS is_slow
    FROM fact_query_history AS q
    WHERE q.start_time >= TIMESTAMPADD(HOUR, -hours_back, CURRENT_TIMESTAMP())
      AND q.start_time < CURRENT_TIMESTAMP()
      AND q.execution_status <> 'RUNNING'
      AND q.total_duration_ms > CAST(${threshold.short_query_s} AS DOUBLE) * 1000
      AND q.compute_warehouse_id IS NOT NULL
      AND (warehouse_filter = 'ALL' OR q.compute_warehouse_id = warehouse_filter)
  ),
  warehouse_total AS (
    SELECT
      s.workspace_id,
      s.compute_warehouse_id,
      COUNT(*) AS statements,
      COUNT_IF(NOT s.has_spill AND s.queue_pct <= CAST(${threshold.queue_pct} AS DOUBLE) AND NOT s.is_slow) AS efficient,
      COUNT_IF(s.has_spill) AS spilled,
      COUNT_IF(s.queue_pct > CAST(${threshold.queue_pct} AS DOUBLE)) AS queued,
      COUNT_IF(s.is_slow) AS slow,
      AVG(s.queue_pct) AS mean_queue_pct,
      PERCENTILE(s.total_duration_ms, ARRAY(0.95, 0.99)) AS percentile_ms
    FROM recent_statement AS s
    GROUP BY s.workspace_id, s.compute_warehouse_id
  )
  SELECT
    t.compute_warehouse_id AS warehouse_id,
    w.warehouse_name,
    t.statements AS total_queries,
    t.efficient AS efficient_queries,
    t.spilled AS high_spill_queries,
    t.queued AS high_queue_queries,
    t.slow AS slow_queries,
    t.efficient * 100.0D / t.statements AS efficiency_rate,
    t.mean_queue_pct AS avg_queue_ratio,
    t.spilled * 100.0D / t.statements AS spill_rate,
    t.percentile_ms[0] / 1000.0D AS p95_duration_sec,
    t.percentile_ms[1] / 1000.0D AS p99_duration_sec,
    CASE
      WHEN t.queued * 100.0D / t.statements > CAST(${threshold.scale_up_queued_pct} AS DOUBLE) THEN 'SCALE_UP_NEEDED'
      WHEN t.statements < ${threshold.scale_down_queries} AND t.efficient * 100.0D / t.statements > CAST(${threshold.scale_down_efficient_pct} AS DOUBLE)
        THEN 'SCALE_DOWN_POSSIBLE'
      ELSE 'OPTIMAL'
    END AS sizing_indicator
  FROM warehouse_total AS t
  LEFT JOIN dim_warehouse AS w ON w.workspace_id = t.workspace_id AND w.warehouse_id = t.compute_warehouse_id
  ORDER BY efficiency_rate, t.compute_warehouse_id, t.workspace_id
