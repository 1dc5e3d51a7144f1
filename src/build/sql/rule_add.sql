INSERT INTO secchi_ops.dq_rule
  (rule_id, table_name, rule_name, rule_constraint, severity, enabled, description, created_by, created_at, updated_by, updated_at)
VALUES
  (:rule, :table, :name, :constraint, :severity, :enabled, :description, :user, :now, :user, :now)
