-- Models and feature specifications served by endpoints, with their history, as system.serving.served_entities gives them.
-- Grain: one row an entity and change; natural key (served_entity_id, change_time), matched null-safe.
-- Input: incoming.served_entities, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.served_entities (
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
  external_model_config STRUCT<provider: STRING> COMMENT 'Provider of an external model',
  foundation_model_config STRUCT<min_provisioned_throughput: BIGINT, max_provisioned_throughput: BIGINT> COMMENT 'Least and most provisioned throughput of a foundation model, in tokens a second',
  custom_model_config STRUCT<min_concurrency: INT, max_concurrency: INT, compute_type: STRING> COMMENT 'Least and most concurrency and kind of compute of a custom model',
  feature_spec_config STRUCT<min_concurrency: INT, max_concurrency: INT, compute_type: STRING> COMMENT 'Least and most concurrency and kind of compute of a feature specification',
  change_time TIMESTAMP COMMENT 'When this version of the configuration came into force (UTC); rows of one entity form its history',
  endpoint_delete_time TIMESTAMP COMMENT 'When the endpoint was deleted (UTC); null while it exists',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_served_entities PRIMARY KEY (served_entity_id, change_time)
)
USING DELTA
COMMENT 'Models and feature specifications served by endpoints, with their history (system.serving.served_entities): one row an entity and change'
TBLPROPERTIES (
  'secchi.system_table' = 'system.serving.served_entities',
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'change_time',
  'secchi.describes' = 'true',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Machine Learning',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.served_entities AS t
USING incoming.served_entities AS s
ON t.served_entity_id <=> s.served_entity_id
  AND t.change_time <=> s.change_time
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
