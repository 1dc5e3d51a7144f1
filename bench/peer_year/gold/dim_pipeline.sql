CREATE TABLE gold.dim_pipeline AS
SELECT
  b.workspace_id,
  b.pipeline_id,
  b.pipeline_type,
  b.name,
  b.created_by,
  b.run_as,
  b.change_time,
  b.delete_time,
  b.account_id,
  to_json(b.tags)::VARCHAR AS tags_json,
  b.settings.photon AS settings_photon,
  b.settings.development AS settings_development,
  b.settings.continuous AS settings_continuous,
  b.settings.serverless AS settings_serverless,
  b.settings.edition AS settings_edition,
  b.settings.channel AS settings_channel,
  to_json(b.configuration)::VARCHAR AS configuration_json
FROM bronze.pipelines AS b
QUALIFY row_number() OVER (PARTITION BY b.workspace_id, b.pipeline_id ORDER BY b.change_time DESC) = 1;
