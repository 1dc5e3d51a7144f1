SELECT rule_constraint, severity, enabled, description, created_by
FROM secchi_ops.dq_rule
WHERE rule_id = :rule
