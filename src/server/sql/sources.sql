-- Files and bytes that were read of every source.
SELECT
  source,
  COUNT(*) AS files,
  CAST(SUM(size_bytes) AS BIGINT) AS bytes
FROM (
  SELECT
    source,
    file,
    MAX(size_bytes) AS size_bytes
  FROM secchi_ops.load_mark
  GROUP BY source, file
) AS loaded_file
GROUP BY source
