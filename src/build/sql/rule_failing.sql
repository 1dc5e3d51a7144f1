SELECT COUNT(*) AS failing
FROM {table}
WHERE NOT COALESCE(({constraint}), TRUE)
