-- Quality rules with their newest result.
SELECT
  r.rule_id,
  r.table_name AS `table`,
  r.rule_name AS name,
  r.rule_constraint AS `constraint`,
  r.severity,
  r.enabled,
  r.description,
  r.created_by,
  r.created_at,
  r.updated_by,
  r.updated_at,
  MAX_BY(c.rows_checked, c.ingested_at) AS rows_checked,
  MAX_BY(c.rows_failed, c.ingested_at) AS rows_failed,
  MAX(c.ingested_at) AS checked_at
FROM secchi_ops.dq_rule AS r
LEFT JOIN secchi_ops.check_result AS c ON c.table_name = r.table_name AND c.check_name = r.rule_name
GROUP BY ALL
ORDER BY r.table_name, r.rule_name
