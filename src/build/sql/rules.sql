SELECT table_name, rule_name, severity, rule_constraint
FROM secchi_ops.dq_rule
WHERE enabled
ORDER BY table_name, COALESCE(position, 1000000), rule_name
