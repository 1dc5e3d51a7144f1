-- Values of a foreign key without a row in the table that it refers to.
SELECT COUNT(*) AS missing, MIN({example}) AS example
FROM (
  SELECT DISTINCT {columns}
  FROM {table} AS t
  WHERE {not_null}
) AS f
LEFT ANTI JOIN {target} AS d ON {join}
