SELECT COUNT(*) AS steps
FROM secchi_ops.step
WHERE layer = 'bronze'
  AND table_name = :table
  AND state = 'succeeded'
