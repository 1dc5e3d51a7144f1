CREATE TABLE gold.fact_node_timeline AS
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
  to_json(b.disk_free_bytes_per_mount_point)::VARCHAR AS disk_free_bytes_per_mount_point_json,
  b.task_slots_used_percent,
  b.task_cpu_percent,
  b.tasks_running
FROM bronze.node_timeline AS b;
