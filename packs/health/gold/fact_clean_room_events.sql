-- Life and use of clean rooms, flattened.
-- Grain: one row an event; key (event_id).
-- Lists and structs stand as JSON. The source names no workspace: a clean room belongs to metastores.
-- Inputs: system_bronze.clean_room_events; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_clean_room_events (
  account_id STRING COMMENT 'Account that the row belongs to',
  metastore_id STRING COMMENT 'Unity Catalog metastore',
  event_id STRING COMMENT 'Identifier of the event',
  clean_room_name STRING COMMENT 'Name of the clean room',
  central_clean_room_id STRING COMMENT 'Identifier of the clean room, the same for all collaborators',
  initiator_global_metastore_id STRING COMMENT 'Metastore of the collaborator that caused the event',
  event_type STRING COMMENT 'CLEAN_ROOM_CREATED, CLEAN_ROOM_DELETED, RUN_NOTEBOOK_STARTED, RUN_NOTEBOOK_COMPLETED, CLEAN_ROOM_ASSETS_UPDATED, OUTPUT_SCHEMA_DELETED or ASSET_REVIEW_CREATED',
  event_time TIMESTAMP COMMENT 'When the event happened (UTC)',
  initiator_collaborator_alias STRING COMMENT 'Name that the initiator has within the clean room',
  clean_room_created_metadata_collaborators STRING COMMENT 'Created: collaborators as JSON',
  clean_room_created_metadata_egress_network_policy STRING COMMENT 'Created: policy for outgoing traffic as JSON',
  clean_room_created_metadata_compliance_profile STRING COMMENT 'Created: compliance profile as JSON',
  clean_room_deleted_metadata_central_clean_room_id STRING COMMENT 'Deleted: the clean room',
  run_notebook_started_metadata_notebook_name STRING COMMENT 'Started notebook: its name',
  run_notebook_started_metadata_notebook_checksum STRING COMMENT 'Started notebook: checksum of its content',
  run_notebook_started_metadata_run_id STRING COMMENT 'Started notebook: its run',
  run_notebook_started_metadata_notebook_etag STRING COMMENT 'Started notebook: version',
  run_notebook_started_metadata_notebook_update_time TIMESTAMP COMMENT 'Started notebook: when it was changed last (UTC)',
  run_notebook_completed_metadata_notebook_name STRING COMMENT 'Finished notebook: its name',
  run_notebook_completed_metadata_run_id STRING COMMENT 'Finished notebook: its run',
  run_notebook_completed_metadata_state STRING COMMENT 'Finished notebook: SUCCEEDED, FAILED, ...',
  run_notebook_completed_metadata_duration_in_seconds INT COMMENT 'Finished notebook: seconds that it ran',
  run_notebook_completed_metadata_output_schema STRING COMMENT 'Finished notebook: schema that it wrote, as JSON',
  clean_room_assets_updated_metadata_added_assets STRING COMMENT 'Assets that were added, as JSON',
  clean_room_assets_updated_metadata_updated_assets STRING COMMENT 'Assets that were changed, as JSON',
  clean_room_assets_updated_metadata_removed_assets STRING COMMENT 'Assets that were removed, as JSON',
  output_schema_deleted_metadata_name STRING COMMENT 'Deleted output schema: its name',
  output_schema_deleted_metadata_owner_global_metastore_id STRING COMMENT 'Deleted output schema: metastore of its owner',
  output_schema_deleted_metadata_action STRING COMMENT 'Deleted output schema: why, e.g. EXPIRED',
  output_schema_deleted_metadata_expire_time TIMESTAMP COMMENT 'Deleted output schema: when it was to expire (UTC)',
  asset_review_created_metadata_asset_name STRING COMMENT 'Review: the asset',
  asset_review_created_metadata_data_object_type STRING COMMENT 'Review: kind of the asset, e.g. NOTEBOOK_FILE',
  asset_review_created_metadata_review_state STRING COMMENT 'Review: verdict, e.g. APPROVED, REJECTED',
  asset_review_created_metadata_review_sub_reason STRING COMMENT 'Review: why',
  asset_review_created_metadata_auto_approval_rule_id STRING COMMENT 'Review: rule that approved it; null when a person did',
  asset_review_created_metadata_notebook_metadata STRING COMMENT 'Review: version of the notebook as JSON',
  CONSTRAINT pk_fact_clean_room_events PRIMARY KEY (event_id)
)
USING DELTA
COMMENT 'Life and use of clean rooms: one row an event'
TBLPROPERTIES (
  'secchi.domain' = 'security',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_clean_room_events AS t
USING (
  SELECT
    b.account_id,
    b.metastore_id,
    b.event_id,
    b.clean_room_name,
    b.central_clean_room_id,
    b.initiator_global_metastore_id,
    b.event_type,
    b.event_time,
    b.initiator_collaborator_alias,
    TO_JSON(b.clean_room_created_metadata.collaborators) AS clean_room_created_metadata_collaborators,
    TO_JSON(b.clean_room_created_metadata.egress_network_policy) AS clean_room_created_metadata_egress_network_policy,
    TO_JSON(b.clean_room_created_metadata.compliance_profile) AS clean_room_created_metadata_compliance_profile,
    b.clean_room_deleted_metadata.central_clean_room_id AS clean_room_deleted_metadata_central_clean_room_id,
    b.run_notebook_started_metadata.notebook_name AS run_notebook_started_metadata_notebook_name,
    b.run_notebook_started_metadata.notebook_checksum AS run_notebook_started_metadata_notebook_checksum,
    b.run_notebook_started_metadata.run_id AS run_notebook_started_metadata_run_id,
    b.run_notebook_started_metadata.notebook_etag AS run_notebook_started_metadata_notebook_etag,
    b.run_notebook_started_metadata.notebook_update_time AS run_notebook_started_metadata_notebook_update_time,
    b.run_notebook_completed_metadata.notebook_name AS run_notebook_completed_metadata_notebook_name,
    b.run_notebook_completed_metadata.run_id AS run_notebook_completed_metadata_run_id,
    b.run_notebook_completed_metadata.state AS run_notebook_completed_metadata_state,
    b.run_notebook_completed_metadata.duration_in_seconds AS run_notebook_completed_metadata_duration_in_seconds,
    TO_JSON(b.run_notebook_completed_metadata.output_schema) AS run_notebook_completed_metadata_output_schema,
    TO_JSON(b.clean_room_assets_updated_metadata.added_assets) AS clean_room_assets_updated_metadata_added_assets,
    TO_JSON(b.clean_room_assets_updated_metadata.updated_assets) AS clean_room_assets_updated_metadata_updated_assets,
    TO_JSON(b.clean_room_assets_updated_metadata.removed_assets) AS clean_room_assets_updated_metadata_removed_assets,
    b.output_schema_deleted_metadata.name AS output_schema_deleted_metadata_name,
    b.output_schema_deleted_metadata.owner_global_metastore_id AS output_schema_deleted_metadata_owner_global_metastore_id,
    b.output_schema_deleted_metadata.action AS output_schema_deleted_metadata_action,
    b.output_schema_deleted_metadata.expire_time AS output_schema_deleted_metadata_expire_time,
    b.asset_review_created_metadata.asset_name AS asset_review_created_metadata_asset_name,
    b.asset_review_created_metadata.data_object_type AS asset_review_created_metadata_data_object_type,
    b.asset_review_created_metadata.review_state AS asset_review_created_metadata_review_state,
    b.asset_review_created_metadata.review_sub_reason AS asset_review_created_metadata_review_sub_reason,
    b.asset_review_created_metadata.auto_approval_rule_id AS asset_review_created_metadata_auto_approval_rule_id,
    TO_JSON(b.asset_review_created_metadata.notebook_metadata) AS asset_review_created_metadata_notebook_metadata
  FROM system_bronze.clean_room_events AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.event_id <=> s.event_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
