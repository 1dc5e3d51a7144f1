-- Periods [start, end) that begin before an earlier one of the same key has ended. Without an end they go on; empty ones hold nothing.
SELECT COUNT(DISTINCT p.example) AS key_count, COUNT(*) AS row_count, MIN(p.example) AS example
FROM (
  SELECT
    {example} AS example,
    CAST(t.{start} AS TIMESTAMP) AS starts_at,
    MAX(COALESCE(CAST(t.{end} AS TIMESTAMP), TIMESTAMP '9999-12-31 23:59:59')) OVER (
      PARTITION BY {keys}
      ORDER BY t.{start}, COALESCE(CAST(t.{end} AS TIMESTAMP), TIMESTAMP '9999-12-31 23:59:59')
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS taken_until
  FROM {table} AS t
  {restrict}
  WHERE t.{end} IS NULL OR t.{end} > t.{start}
) AS p
WHERE p.starts_at < p.taken_until
