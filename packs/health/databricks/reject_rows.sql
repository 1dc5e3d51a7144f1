-- Rows that the checks refuse are kept with their reason.
MERGE INTO IDENTIFIER(:ops_schema || '.rejected_row') AS t
USING (
  SELECT DISTINCT
    '@table@' AS table_name,
    CASE
@reasons@
    END AS reason,
    TO_JSON(STRUCT(r.*)) AS row_json
  FROM @system_table@ AS r
  WHERE @bound@ AND NOT (@good@)
) AS s
ON t.table_name = s.table_name AND t.reason = s.reason AND t.row_json = s.row_json
WHEN NOT MATCHED THEN INSERT (table_name, reason, row_json, rejected_at) VALUES (s.table_name, s.reason, s.row_json, session.secchi_begin);
