CREATE TABLE gold.dim_served_entities AS
SELECT
  b.served_entity_id,
  b.account_id,
  b.workspace_id,
  b.created_by,
  b.endpoint_name,
  b.endpoint_id,
  b.served_entity_name,
  b.entity_type,
  b.entity_name,
  b.entity_version,
  b.endpoint_config_version,
  b.task,
  b.change_time,
  b.endpoint_delete_time,
  b.external_model_config.provider AS external_model_config_provider,
  b.foundation_model_config.min_provisioned_throughput::VARCHAR AS foundation_model_config_min_provisioned_throughput,
  b.foundation_model_config.max_provisioned_throughput::VARCHAR AS foundation_model_config_max_provisioned_throughput,
  b.custom_model_config.min_concurrency AS custom_model_config_min_concurrency,
  b.custom_model_config.max_concurrency AS custom_model_config_max_concurrency,
  b.custom_model_config.compute_type AS custom_model_config_compute_type,
  b.feature_spec_config.min_concurrency AS feature_spec_config_min_concurrency,
  b.feature_spec_config.max_concurrency AS feature_spec_config_max_concurrency,
  b.feature_spec_config.compute_type AS feature_spec_config_compute_type
FROM bronze.served_entities AS b
QUALIFY row_number() OVER (PARTITION BY b.served_entity_id ORDER BY b.change_time DESC) = 1;
