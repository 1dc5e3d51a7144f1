-- Whether rows of a table were once looked for to the end. Steps that only took old rows away do not count.
SELECT COUNT(*) AS steps
FROM secchi_ops.step AS t
WHERE t.layer = 'bronze'
  AND t.table_name = :table
  AND t.state = 'succeeded'
  AND t.run_id >= (
    SELECT MIN(b.run_id)
    FROM secchi_ops.load_batch AS b
    WHERE b.table_name = :table AND b.source IS NOT NULL
  )
