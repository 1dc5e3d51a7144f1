-- Life and use of clean rooms, as system.access.clean_room_events gives them.
-- Grain: one row an event; natural key (event_id), matched null-safe.
-- Input: incoming.clean_room_events, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.clean_room_events (
  account_id STRING COMMENT 'Account that the row belongs to',
  metastore_id STRING COMMENT 'Unity Catalog metastore',
  event_id STRING COMMENT 'Identifier of the event; natural key',
  clean_room_name STRING COMMENT 'Name of the clean room',
  central_clean_room_id STRING COMMENT 'Identifier of the clean room, the same for all collaborators',
  initiator_global_metastore_id STRING COMMENT 'Metastore of the collaborator that caused the event',
  event_type STRING COMMENT 'CLEAN_ROOM_CREATED, CLEAN_ROOM_DELETED, RUN_NOTEBOOK_STARTED, RUN_NOTEBOOK_COMPLETED, CLEAN_ROOM_ASSETS_UPDATED, OUTPUT_SCHEMA_DELETED or ASSET_REVIEW_CREATED',
  clean_room_created_metadata STRUCT<
    collaborators: ARRAY<STRUCT<collaborator_global_metastore_id: STRING, collaborator_alias: STRING>>,
    egress_network_policy: STRUCT<
      internet_access: STRUCT<
        restriction_mode: STRING,
        allowed_internet_destinations: ARRAY<STRUCT<destination: STRING, type: STRING, protocol: STRING>>>>,
    compliance_profile: STRUCT<is_enabled: BOOLEAN, compliance_standards: ARRAY<STRING>>> COMMENT 'Of a creation: collaborators, policy for outgoing traffic, compliance profile',
  clean_room_deleted_metadata STRUCT<central_clean_room_id: STRING> COMMENT 'Of a deletion: the clean room',
  run_notebook_started_metadata STRUCT<
    notebook_name: STRING,
    notebook_checksum: STRING,
    run_id: STRING,
    notebook_etag: STRING,
    notebook_update_time: TIMESTAMP> COMMENT 'Of a started notebook: name, checksum, run, version and when it was changed last',
  run_notebook_completed_metadata STRUCT<
    notebook_name: STRING,
    run_id: STRING,
    state: STRING,
    duration_in_seconds: INT,
    output_schema: STRUCT<
      name: STRING,
      owner_global_metastore_id: STRING,
      action: STRING,
      expire_time: TIMESTAMP,
      assets_added: ARRAY<STRUCT<name: STRING, data_object_type: STRING>>>> COMMENT 'Of a finished notebook: run, state, seconds and the schema that it wrote',
  clean_room_assets_updated_metadata STRUCT<
    added_assets: ARRAY<STRUCT<
      data_object_type: STRING,
      catalog: STRING,
      name: STRING,
      notebook_metadata: STRUCT<etag: STRING, checksum: STRING, runner_collaborator_aliases: ARRAY<STRING>>>>,
    updated_assets: ARRAY<STRUCT<
      data_object_type: STRING,
      catalog: STRING,
      name: STRING,
      notebook_metadata: STRUCT<etag: STRING, checksum: STRING, runner_collaborator_aliases: ARRAY<STRING>>>>,
    removed_assets: ARRAY<STRUCT<
      data_object_type: STRING,
      catalog: STRING,
      name: STRING,
      notebook_metadata: STRUCT<etag: STRING, checksum: STRING, runner_collaborator_aliases: ARRAY<STRING>>>>> COMMENT 'Of a change of assets: those added, updated and removed',
  event_time TIMESTAMP COMMENT 'When the event happened (UTC)',
  output_schema_deleted_metadata STRUCT<name: STRING, owner_global_metastore_id: STRING, action: STRING, expire_time: TIMESTAMP> COMMENT 'Of a deleted output schema: name, owner, action and when it was to expire',
  initiator_collaborator_alias STRING COMMENT 'Name that the initiator has within the clean room',
  asset_review_created_metadata STRUCT<
    asset_name: STRING,
    data_object_type: STRING,
    review_state: STRING,
    review_sub_reason: STRING,
    auto_approval_rule_id: STRING,
    notebook_metadata: STRUCT<etag: STRING>> COMMENT 'Of a review: the asset, its kind, the verdict and the rule that approved it',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_clean_room_events PRIMARY KEY (event_id)
)
USING DELTA
COMMENT 'Life and use of clean rooms (system.access.clean_room_events): one row an event'
TBLPROPERTIES (
  'secchi.system_table' = 'system.access.clean_room_events',
  'secchi.domain' = 'security',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.clean_room_events AS t
USING incoming.clean_room_events AS s
ON t.event_id <=> s.event_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
