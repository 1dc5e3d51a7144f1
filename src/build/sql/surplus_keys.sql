SELECT COUNT(*) AS keys
FROM (
  SELECT COUNT(*) AS row_count
  FROM {table} AS t
  GROUP BY {columns}
  HAVING COUNT(*) > 1
) AS k
