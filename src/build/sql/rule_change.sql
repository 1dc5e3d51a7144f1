UPDATE secchi_ops.dq_rule
SET
  rule_constraint = :constraint,
  severity = :severity,
  enabled = :enabled,
  description = :description,
  updated_by = :user,
  updated_at = :now
WHERE rule_id = :rule
