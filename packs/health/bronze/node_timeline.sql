-- Utilisation of compute nodes, as system.compute.node_timeline gives them.
-- Grain: one row a node and minute; natural key (cluster_id, instance_id, start_time), matched null-safe.
-- Input: incoming.node_timeline, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.node_timeline (
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
  disk_free_bytes_per_mount_point MAP<STRING, BIGINT> COMMENT 'Free bytes of each mounted disk',
  node_type STRING COMMENT 'Instance type',
  private_ip STRING COMMENT 'Private address of the node',
  task_slots_used_percent DOUBLE COMMENT 'Share of the task slots in use over the minute, percent; only for sources that know tasks (event logs of Spark)',
  task_cpu_percent DOUBLE COMMENT 'CPU time of the tasks as a share of the cores over the minute, percent; only for sources that know tasks',
  tasks_running DOUBLE COMMENT 'Tasks running on average over the minute; only for sources that know tasks',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_node_timeline PRIMARY KEY (cluster_id, instance_id, start_time)
)
USING DELTA
COMMENT 'Utilisation of compute nodes (system.compute.node_timeline): one row a node and minute'
TBLPROPERTIES (
  'secchi.system_table' = 'system.compute.node_timeline',
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'start_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.node_timeline AS t
USING incoming.node_timeline AS s
ON t.cluster_id <=> s.cluster_id
  AND t.instance_id <=> s.instance_id
  AND t.start_time <=> s.start_time
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
