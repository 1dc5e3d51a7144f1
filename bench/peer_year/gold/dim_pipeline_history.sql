CREATE TABLE gold.dim_pipeline_history AS
SELECT
  b.account_id,
  b.workspace_id,
  b.pipeline_id,
  b.pipeline_type,
  b.name,
  b.created_by,
  b.run_as,
  to_json(b.tags)::VARCHAR AS tags_json,
  b.settings.photon AS settings_photon,
  b.settings.development AS settings_development,
  b.settings.continuous AS settings_continuous,
  b.settings.serverless AS settings_serverless,
  b.settings.edition AS settings_edition,
  b.settings.channel AS settings_channel,
  to_json(b.configuration)::VARCHAR AS configuration_json,
  b.delete_time,
  b.change_time AS valid_from,
  lead(b.change_time) OVER w AS valid_to,
  lead(TRUE) OVER w IS NULL AS is_current
FROM bronze.pipelines AS b
WINDOW w AS (PARTITION BY b.workspace_id, b.pipeline_id ORDER BY b.change_time);
