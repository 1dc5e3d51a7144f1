-- Rules that no pack has any more, unless a person has changed them. Delta takes no subquery in a DELETE.
MERGE INTO secchi_ops.dq_rule AS t
USING incoming.dq_rule AS s
ON t.rule_id = s.rule_id
WHEN NOT MATCHED BY SOURCE AND t.updated_by LIKE 'pack:%' THEN DELETE
