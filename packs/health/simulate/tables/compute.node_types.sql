-- Hardware of the instance types.
SELECT s.account_id, n.node_type, n.core_count, n.memory_mb, n.gpu_count, s.first_day AS arrival
FROM sim.node_type AS n
CROSS JOIN sim.size AS s
