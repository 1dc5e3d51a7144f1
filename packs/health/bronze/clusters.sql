-- Configurations of clusters with their history, as system.compute.clusters gives them.
-- Grain: one row a cluster and change; natural key (workspace_id, cluster_id, change_time), matched null-safe.
-- Input: incoming.clusters, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.clusters (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  cluster_id STRING COMMENT 'Cluster',
  cluster_name STRING COMMENT 'Name of the cluster',
  owned_by STRING COMMENT 'Owner',
  create_time TIMESTAMP COMMENT 'When the cluster was created (UTC)',
  delete_time TIMESTAMP COMMENT 'When the object was deleted (UTC); null while it exists',
  driver_node_type STRING COMMENT 'Instance type of the driver',
  worker_node_type STRING COMMENT 'Instance type of the workers',
  worker_count BIGINT COMMENT 'Workers of a cluster of fixed size',
  min_autoscale_workers BIGINT COMMENT 'Fewest workers when autoscaling',
  max_autoscale_workers BIGINT COMMENT 'Most workers when autoscaling',
  auto_termination_minutes BIGINT COMMENT 'Idle minutes after which it stops; 0 or null: never',
  enable_elastic_disk BOOLEAN COMMENT 'True when disks grow on demand',
  tags MAP<STRING, STRING> COMMENT 'Custom and default tags',
  cluster_source STRING COMMENT 'Who made it: UI, API, JOB, PIPELINE, ...',
  init_scripts ARRAY<STRING> COMMENT 'Paths of initialisation scripts',
  aws_attributes STRUCT<
    first_on_demand: BIGINT,
    availability: STRING,
    zone_id: STRING,
    instance_profile_arn: STRING,
    spot_bid_price_percent: BIGINT,
    ebs_volume_type: STRING,
    ebs_volume_count: BIGINT,
    ebs_volume_size: BIGINT,
    ebs_volume_iops: BIGINT,
    ebs_volume_throughput: BIGINT> COMMENT 'Settings on AWS',
  azure_attributes STRUCT<first_on_demand: BIGINT, availability: STRING, spot_bid_max_price: DOUBLE> COMMENT 'Settings on Azure',
  gcp_attributes STRUCT<
    use_preemptible_executors: BOOLEAN,
    google_service_account: STRING,
    boot_disk_size: BIGINT,
    availability: STRING,
    zone_id: STRING,
    local_ssd_count: BIGINT> COMMENT 'Settings on Google Cloud',
  driver_instance_pool_id STRING COMMENT 'Instance pool of the driver',
  worker_instance_pool_id STRING COMMENT 'Instance pool of the workers',
  dbr_version STRING COMMENT 'Runtime version',
  change_time TIMESTAMP COMMENT 'When this version of the configuration came into force (UTC); rows of one object form its history',
  change_date DATE COMMENT 'UTC day of change_time',
  data_security_mode STRING COMMENT 'Access mode',
  policy_id STRING COMMENT 'Cluster policy',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_clusters PRIMARY KEY (workspace_id, cluster_id, change_time)
)
USING DELTA
COMMENT 'Configurations of clusters with their history (system.compute.clusters): one row a cluster and change'
TBLPROPERTIES (
  'secchi.system_table' = 'system.compute.clusters',
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'change_time',
  'secchi.describes' = 'true',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.clusters AS t
USING incoming.clusters AS s
ON t.workspace_id <=> s.workspace_id
  AND t.cluster_id <=> s.cluster_id
  AND t.change_time <=> s.change_time
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
