-- How many findings are open.
SELECT COUNT(*) AS open_count
FROM secchi_ops.finding
WHERE state = 'open'
