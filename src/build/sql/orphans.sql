-- Values of a foreign key without a row in the table that it refers to.
SELECT COUNT(*) AS key_count, SUM(f.row_count) AS row_count, MIN({example}) AS example
FROM (
  SELECT {columns}, COUNT(*) AS row_count
  FROM {table} AS t
  WHERE {not_null}
  GROUP BY {columns}
) AS f
LEFT ANTI JOIN {target} AS d ON {join}
