-- The sum of the hashes of all rows, modulo 2^64, which does not depend on their order, and how many rows there are.
SELECT
  CAST(COALESCE(PMOD(SUM(CAST(XXHASH64(TO_JSON(STRUCT({columns}), MAP('ignoreNullFields', 'false'))) AS DECIMAL(38, 0))), 18446744073709551616), 0) AS STRING) AS row_hash,
  COUNT(*) AS row_count
FROM {table}
