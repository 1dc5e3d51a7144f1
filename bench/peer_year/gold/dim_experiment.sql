CREATE TABLE gold.dim_experiment AS
SELECT
  b.account_id,
  b.update_time,
  b.delete_time,
  b.workspace_id,
  b.experiment_id,
  b.name,
  b.create_time
FROM bronze.experiments_latest AS b;
