-- Points of the metrics that runs logged: loss falls, accuracy rises over ten steps.
SELECT
  x.account_id,
  timestamp_micros(r.start_us + (r.end_us - r.start_us) DIV 11 * step + 1000000) AS insert_time,
  sim_id('metric', r.k, step, metric) AS record_id,
  x.workspace_id,
  x.experiment_id,
  r.ml_run_id AS run_id,
  CASE metric WHEN 0 THEN 'loss' ELSE 'accuracy' END AS metric_name,
  timestamp_micros(r.start_us + (r.end_us - r.start_us) DIV 11 * step) AS metric_time,
  CAST(step AS BIGINT) AS metric_step,
  CASE metric WHEN 0 THEN exp(-0.2 * step) ELSE 1 - 0.6 * exp(-0.2 * step) END * (0.95 + 0.1 * sim_random('metric', r.k, step, metric)) AS metric_value,
  r.arrival
FROM sim.ml_run AS r
JOIN sim.experiment AS x ON x.experiment_no = r.experiment_no
CROSS JOIN LATERAL explode(sequence(1, 10)) AS x_step(step)
CROSS JOIN LATERAL explode(array(0, 1)) AS x_metric(metric)
