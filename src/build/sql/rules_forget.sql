DELETE FROM secchi_ops.dq_rule
WHERE updated_by LIKE 'pack:%' AND rule_id NOT IN (SELECT s.rule_id FROM incoming.dq_rule AS s)
