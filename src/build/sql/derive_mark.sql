INSERT INTO secchi_ops.derive_mark (log, table_name, landing, query_hash)
SELECT l.log, :table, l.landing, :hash
FROM secchi_ops.landed_log AS l
WHERE l.landing BETWEEN :low AND :high
