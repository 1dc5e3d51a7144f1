-- Models and feature specifications served by endpoints, as they are now.
-- Grain: one row an entity; key (served_entity_id).
-- Inputs: system_bronze.served_entities; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.dim_served_entities (
  served_entity_id STRING COMMENT 'Entity served by an endpoint',
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  created_by STRING COMMENT 'User or service principal that created it',
  endpoint_name STRING COMMENT 'Name of the endpoint',
  endpoint_id STRING COMMENT 'Endpoint that serves it',
  served_entity_name STRING COMMENT 'Name of the entity within the endpoint',
  entity_type STRING COMMENT 'FOUNDATION_MODEL, CUSTOM_MODEL, EXTERNAL_MODEL or FEATURE_SPEC',
  entity_name STRING COMMENT 'Model or feature specification that is served',
  entity_version STRING COMMENT 'Version of that model',
  endpoint_config_version INT COMMENT 'Version of the configuration of the endpoint',
  task STRING COMMENT 'What the model does, e.g. llm/v1/chat',
  change_time TIMESTAMP COMMENT 'When this configuration came into force (UTC)',
  endpoint_delete_time TIMESTAMP COMMENT 'When the endpoint was deleted (UTC); null while it exists',
  external_model_config_provider STRING COMMENT 'Provider of an external model, e.g. openai',
  foundation_model_config_min_provisioned_throughput STRING COMMENT 'Least provisioned throughput of a foundation model, in tokens a second',
  foundation_model_config_max_provisioned_throughput STRING COMMENT 'Most provisioned throughput of a foundation model, in tokens a second',
  custom_model_config_min_concurrency INT COMMENT 'Fewest concurrent requests that compute of a custom model is kept for',
  custom_model_config_max_concurrency INT COMMENT 'Most concurrent requests that a custom model scales to',
  custom_model_config_compute_type STRING COMMENT 'Kind of compute of a custom model, e.g. CPU or GPU_SMALL',
  feature_spec_config_min_concurrency INT COMMENT 'Fewest concurrent requests that compute of a feature specification is kept for',
  feature_spec_config_max_concurrency INT COMMENT 'Most concurrent requests that a feature specification scales to',
  feature_spec_config_compute_type STRING COMMENT 'Kind of compute of a feature specification',
  CONSTRAINT pk_dim_served_entities PRIMARY KEY (served_entity_id),
  CONSTRAINT fk_dim_served_entities_workspace_id FOREIGN KEY (workspace_id) REFERENCES system_gold.dim_workspace (workspace_id)
)
USING DELTA
COMMENT 'Models and feature specifications served by endpoints, as they are now: one row an entity'
TBLPROPERTIES (
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'change_time',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Machine Learning',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.dim_served_entities AS t
USING (
  WITH changed_entity AS (
    SELECT DISTINCT b.served_entity_id
    FROM system_bronze.served_entities AS b
    WHERE b.bronze_ingestion_timestamp > :since
  ),
  newest_version AS (
    SELECT
      v.*,
      ROW_NUMBER() OVER (PARTITION BY v.served_entity_id ORDER BY v.change_time DESC) AS version_rank
    FROM system_bronze.served_entities AS v
    INNER JOIN changed_entity AS a ON a.served_entity_id <=> v.served_entity_id
  )
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
    CAST(b.foundation_model_config.min_provisioned_throughput AS STRING) AS foundation_model_config_min_provisioned_throughput,
    CAST(b.foundation_model_config.max_provisioned_throughput AS STRING) AS foundation_model_config_max_provisioned_throughput,
    b.custom_model_config.min_concurrency AS custom_model_config_min_concurrency,
    b.custom_model_config.max_concurrency AS custom_model_config_max_concurrency,
    b.custom_model_config.compute_type AS custom_model_config_compute_type,
    b.feature_spec_config.min_concurrency AS feature_spec_config_min_concurrency,
    b.feature_spec_config.max_concurrency AS feature_spec_config_max_concurrency,
    b.feature_spec_config.compute_type AS feature_spec_config_compute_type
  FROM newest_version AS b
  WHERE b.version_rank = 1
) AS s
ON t.served_entity_id <=> s.served_entity_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
