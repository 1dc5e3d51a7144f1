-- Keys that stand in more than one row.
SELECT COUNT(*) AS key_count, SUM(k.row_count) AS row_count, MIN(k.example) AS example
FROM (
  SELECT {example} AS example, COUNT(*) AS row_count
  FROM {table} AS t
  {restrict}
  GROUP BY {columns}
  HAVING COUNT(*) > 1
) AS k
