-- Rules of the packs as they are now. What a person has changed stays as it is.
MERGE INTO secchi_ops.dq_rule AS t
USING incoming.dq_rule AS s
ON t.rule_id = s.rule_id
WHEN MATCHED AND t.updated_by LIKE 'pack:%'
  AND NOT (t.rule_constraint <=> s.rule_constraint AND t.severity <=> s.severity AND t.description <=> s.description AND t.position <=> s.position)
  THEN UPDATE SET
    rule_constraint = s.rule_constraint,
    severity = s.severity,
    description = s.description,
    updated_by = s.author,
    updated_at = :now,
    position = s.position
WHEN NOT MATCHED THEN INSERT
  (rule_id, table_name, rule_name, rule_constraint, severity, enabled, description, created_by, created_at, updated_by, updated_at, position)
VALUES
  (s.rule_id, s.table_name, s.rule_name, s.rule_constraint, s.severity, TRUE, s.description, s.author, :now, s.author, :now, s.position)
