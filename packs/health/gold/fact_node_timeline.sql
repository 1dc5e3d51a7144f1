-- Utilisation of compute nodes.
-- Grain: one row a node and minute; key (workspace_id, instance_id, start_time). Merged by the natural key of its input.
-- Inputs: system_bronze.node_timeline; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_node_timeline (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  cluster_id STRING COMMENT 'Cluster of the node',
  instance_id STRING COMMENT 'Instance in the cloud; for event logs of Spark <application>/<executor>',
  start_time TIMESTAMP COMMENT 'Start of the minute (UTC)',
  end_time TIMESTAMP COMMENT 'End of the minute (UTC)',
  driver BOOLEAN COMMENT 'True on the driver node, false on workers',
  cpu_user_percent DOUBLE COMMENT 'CPU time in user code, percent',
  cpu_system_percent DOUBLE COMMENT 'CPU time in the kernel, percent',
  cpu_wait_percent DOUBLE COMMENT 'CPU time waiting for disk, percent',
  mem_used_percent DOUBLE COMMENT 'Memory in use, percent',
  mem_swap_percent DOUBLE COMMENT 'Memory swapped out, percent',
  network_sent_bytes BIGINT COMMENT 'Bytes sent',
  network_received_bytes BIGINT COMMENT 'Bytes received',
  node_type STRING COMMENT 'Instance type',
  private_ip STRING COMMENT 'Private address of the node',
  disk_free_bytes_per_mount_point_json STRING COMMENT 'Free bytes of each mounted disk as JSON',
  task_slots_used_percent DOUBLE COMMENT 'Share of the task slots in use over the minute, percent; only for sources that know tasks (event logs of Spark)',
  task_cpu_percent DOUBLE COMMENT 'CPU time of the tasks as a share of the cores over the minute, percent; only for sources that know tasks',
  tasks_running DOUBLE COMMENT 'Tasks running on average over the minute; only for sources that know tasks',
  CONSTRAINT pk_fact_node_timeline PRIMARY KEY (workspace_id, instance_id, start_time),
  CONSTRAINT fk_fact_node_timeline_cluster_id FOREIGN KEY (workspace_id, cluster_id) REFERENCES system_gold.dim_cluster (workspace_id, cluster_id)
)
USING DELTA
COMMENT 'Utilisation of compute nodes: one row a node and minute'
TBLPROPERTIES (
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'start_time',
  'secchi.row_of' = 'node_timeline',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_node_timeline AS t
USING (
  SELECT
    b.account_id,
    b.workspace_id,
    b.cluster_id,
    b.instance_id,
    b.start_time,
    b.end_time,
    b.driver,
    b.cpu_user_percent,
    b.cpu_system_percent,
    b.cpu_wait_percent,
    b.mem_used_percent,
    b.mem_swap_percent,
    b.network_sent_bytes,
    b.network_received_bytes,
    b.node_type,
    b.private_ip,
    TO_JSON(b.disk_free_bytes_per_mount_point) AS disk_free_bytes_per_mount_point_json,
    b.task_slots_used_percent,
    b.task_cpu_percent,
    b.tasks_running
  FROM system_bronze.node_timeline AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.cluster_id <=> s.cluster_id
  AND t.instance_id <=> s.instance_id
  AND t.start_time <=> s.start_time
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
