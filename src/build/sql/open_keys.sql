SELECT kind, table_name, subject
FROM secchi_ops.finding
WHERE state = 'open'
  AND ARRAY_CONTAINS(SPLIT(:kinds, ','), kind)
