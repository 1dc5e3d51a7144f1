CREATE TABLE gold.dim_node_type AS
SELECT
  b.account_id,
  b.node_type,
  b.core_count,
  b.memory_mb,
  b.gpu_count
FROM bronze.node_types AS b
QUALIFY row_number() OVER (PARTITION BY b.node_type ORDER BY b.filename DESC, b.seq DESC, b.account_id DESC) = 1;
