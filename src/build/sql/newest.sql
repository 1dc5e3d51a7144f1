-- One row for each natural key: the later delivered wins. Only keys that are delivered more than once pay for the order; the
-- rows are read twice, which costs less than keeping them.
SELECT {names}
FROM ({good}) AS g
LEFT ANTI JOIN incoming.{repeated} AS d ON {join}
UNION ALL
SELECT {names}
FROM (
  SELECT
    g.*,
    ROW_NUMBER() OVER (PARTITION BY {good_keys} ORDER BY g.bronze_source_file DESC, g.bronze_source_seq DESC) AS delivery_rank
  FROM ({good}) AS g
  INNER JOIN incoming.{repeated} AS d ON {join}
) AS g
WHERE g.delivery_rank = 1
