-- Event logs whose newest landing a bronze table has not seen, oldest landing first.
SELECT l.log, l.landing, l.landed_bytes
FROM secchi_ops.landed_log AS l
LEFT JOIN secchi_ops.derive_mark AS d ON d.log = l.log AND d.table_name = :table
WHERE d.landing IS NULL OR d.landing < l.landing OR d.query_hash <> :hash
ORDER BY l.landing, l.log
