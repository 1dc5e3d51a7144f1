-- Clusters as they are now.
-- Grain: one row a cluster; key (workspace_id, cluster_id).
-- Inputs: system_bronze.clusters; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.dim_cluster (
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
  cluster_source STRING COMMENT 'Who made it: UI, API, JOB, PIPELINE, ...',
  driver_instance_pool_id STRING COMMENT 'Instance pool of the driver',
  worker_instance_pool_id STRING COMMENT 'Instance pool of the workers',
  dbr_version STRING COMMENT 'Runtime version',
  change_time TIMESTAMP COMMENT 'When this configuration came into force (UTC)',
  change_date DATE COMMENT 'UTC day of change_time',
  data_security_mode STRING COMMENT 'Access mode',
  policy_id STRING COMMENT 'Cluster policy',
  tags_json STRING COMMENT 'Tags as JSON',
  init_scripts_json STRING COMMENT 'Paths of initialisation scripts as JSON',
  aws_attributes_first_on_demand STRING COMMENT 'First on demand on AWS',
  aws_attributes_availability STRING COMMENT 'Availability on AWS',
  aws_attributes_zone_id STRING COMMENT 'Zone id on AWS',
  aws_attributes_instance_profile_arn STRING COMMENT 'Instance profile arn on AWS',
  aws_attributes_spot_bid_price_percent STRING COMMENT 'Spot bid price percent on AWS',
  aws_attributes_ebs_volume_type STRING COMMENT 'Ebs volume type on AWS',
  aws_attributes_ebs_volume_count STRING COMMENT 'Ebs volume count on AWS',
  aws_attributes_ebs_volume_size STRING COMMENT 'Ebs volume size on AWS',
  aws_attributes_ebs_volume_iops STRING COMMENT 'Ebs volume iops on AWS',
  aws_attributes_ebs_volume_throughput STRING COMMENT 'Ebs volume throughput on AWS',
  azure_attributes_first_on_demand STRING COMMENT 'First on demand on Azure',
  azure_attributes_availability STRING COMMENT 'Availability on Azure',
  azure_attributes_spot_bid_max_price DOUBLE COMMENT 'Spot bid max price on Azure',
  gcp_attributes_use_preemptible_executors BOOLEAN COMMENT 'Use preemptible executors on Google Cloud',
  gcp_attributes_google_service_account STRING COMMENT 'Google service account on Google Cloud',
  gcp_attributes_boot_disk_size STRING COMMENT 'Boot disk size on Google Cloud',
  gcp_attributes_availability STRING COMMENT 'Availability on Google Cloud',
  gcp_attributes_zone_id STRING COMMENT 'Zone id on Google Cloud',
  gcp_attributes_local_ssd_count STRING COMMENT 'Local ssd count on Google Cloud',
  CONSTRAINT pk_dim_cluster PRIMARY KEY (workspace_id, cluster_id),
  CONSTRAINT fk_dim_cluster_workspace_id FOREIGN KEY (workspace_id) REFERENCES system_gold.dim_workspace (workspace_id),
  CONSTRAINT fk_dim_cluster_driver_node_type FOREIGN KEY (driver_node_type) REFERENCES system_gold.dim_node_type (node_type),
  CONSTRAINT fk_dim_cluster_worker_node_type FOREIGN KEY (worker_node_type) REFERENCES system_gold.dim_node_type (node_type)
)
USING DELTA
COMMENT 'Clusters as they are now: one row a cluster'
TBLPROPERTIES (
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'change_time',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.dim_cluster AS t
USING (
  WITH changed_cluster AS (
    SELECT DISTINCT b.workspace_id, b.cluster_id
    FROM system_bronze.clusters AS b
    WHERE b.bronze_ingestion_timestamp > :since
  ),
  newest_version AS (
    SELECT
      v.*,
      ROW_NUMBER() OVER (PARTITION BY v.workspace_id, v.cluster_id ORDER BY v.change_time DESC) AS version_rank
    FROM system_bronze.clusters AS v
    INNER JOIN changed_cluster AS a ON a.workspace_id <=> v.workspace_id AND a.cluster_id <=> v.cluster_id
  )
  SELECT
    b.account_id,
    b.workspace_id,
    b.cluster_id,
    b.cluster_name,
    b.owned_by,
    b.create_time,
    b.delete_time,
    b.driver_node_type,
    b.worker_node_type,
    b.worker_count,
    b.min_autoscale_workers,
    b.max_autoscale_workers,
    b.auto_termination_minutes,
    b.enable_elastic_disk,
    b.cluster_source,
    b.driver_instance_pool_id,
    b.worker_instance_pool_id,
    b.dbr_version,
    b.change_time,
    b.change_date,
    b.data_security_mode,
    b.policy_id,
    TO_JSON(b.tags) AS tags_json,
    TO_JSON(b.init_scripts) AS init_scripts_json,
    CAST(b.aws_attributes.first_on_demand AS STRING) AS aws_attributes_first_on_demand,
    b.aws_attributes.availability AS aws_attributes_availability,
    b.aws_attributes.zone_id AS aws_attributes_zone_id,
    b.aws_attributes.instance_profile_arn AS aws_attributes_instance_profile_arn,
    CAST(b.aws_attributes.spot_bid_price_percent AS STRING) AS aws_attributes_spot_bid_price_percent,
    b.aws_attributes.ebs_volume_type AS aws_attributes_ebs_volume_type,
    CAST(b.aws_attributes.ebs_volume_count AS STRING) AS aws_attributes_ebs_volume_count,
    CAST(b.aws_attributes.ebs_volume_size AS STRING) AS aws_attributes_ebs_volume_size,
    CAST(b.aws_attributes.ebs_volume_iops AS STRING) AS aws_attributes_ebs_volume_iops,
    CAST(b.aws_attributes.ebs_volume_throughput AS STRING) AS aws_attributes_ebs_volume_throughput,
    CAST(b.azure_attributes.first_on_demand AS STRING) AS azure_attributes_first_on_demand,
    b.azure_attributes.availability AS azure_attributes_availability,
    b.azure_attributes.spot_bid_max_price AS azure_attributes_spot_bid_max_price,
    b.gcp_attributes.use_preemptible_executors AS gcp_attributes_use_preemptible_executors,
    b.gcp_attributes.google_service_account AS gcp_attributes_google_service_account,
    CAST(b.gcp_attributes.boot_disk_size AS STRING) AS gcp_attributes_boot_disk_size,
    b.gcp_attributes.availability AS gcp_attributes_availability,
    b.gcp_attributes.zone_id AS gcp_attributes_zone_id,
    CAST(b.gcp_attributes.local_ssd_count AS STRING) AS gcp_attributes_local_ssd_count
  FROM newest_version AS b
  WHERE b.version_rank = 1
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.cluster_id <=> s.cluster_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
