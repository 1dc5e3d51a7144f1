-- Experiments.
SELECT
  x.account_id,
  x.created_at AS update_time,
  x.workspace_id,
  x.experiment_id,
  x.name,
  x.created_at AS create_time,
  s.first_day AS arrival
FROM sim.experiment AS x
CROSS JOIN sim.size AS s
