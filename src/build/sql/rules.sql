SELECT rule_name, severity, rule_constraint
FROM secchi_ops.dq_rule
WHERE table_name = :table AND enabled
ORDER BY COALESCE(position, 1000000), rule_name
