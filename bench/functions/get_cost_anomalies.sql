-- Days of workspaces that cost far more or less than the seven days before, 2026-06-01 to 2026-06-30, z-score at least 2.
WITH usage_day AS (
  SELECT workspace_id, usage_date, coalesce(sum(list_cost), 0) AS cost
  FROM system_gold.fact_usage
  WHERE usage_date BETWEEN DATE '2026-05-18' AND DATE '2026-06-30'
  GROUP BY ALL
),
workspace_day AS (
  SELECT w.workspace_id, w.day::DATE AS usage_date, coalesce(d.cost, 0)::DOUBLE AS cost
  FROM (
    SELECT workspace_id, unnest(generate_series(min(usage_date), DATE '2026-06-30', INTERVAL 1 DAY)) AS day
    FROM usage_day
    GROUP BY workspace_id
  ) AS w
  LEFT JOIN usage_day AS d ON d.workspace_id IS NOT DISTINCT FROM w.workspace_id AND d.usage_date = w.day
),
scored_day AS (
  SELECT
    *,
    avg(cost) OVER before AS mean_cost,
    CASE WHEN min(cost) OVER before < max(cost) OVER before THEN stddev_samp(cost) OVER before END AS deviation,
    (cost - mean_cost) / deviation AS z
  FROM workspace_day
  WINDOW before AS (PARTITION BY workspace_id ORDER BY usage_date ROWS BETWEEN 7 PRECEDING AND 1 PRECEDING)
  QUALIFY count(*) OVER before = 7
)
SELECT
  usage_date AS anomaly_date,
  workspace_id,
  cost AS daily_cost,
  mean_cost AS avg_cost_7d,
  deviation AS std_cost_7d,
  z AS z_score,
  CASE WHEN z > 0 THEN 'SPIKE' ELSE 'DIP' END AS anomaly_type
FROM scored_day
WHERE abs(z) >= 2.0 AND deviation > 0 AND usage_date >= DATE '2026-06-01'
ORDER BY round(abs(z), 6) DESC, usage_date, workspace_id
