-- Loads of bronze that the table does not hold yet. The mark is read before and written after: a fill that is interrupted is done again.
DECLARE OR REPLACE VARIABLE secchi_since TIMESTAMP;
SET VAR secchi_since = (
  SELECT CASE WHEN :full = 'true' THEN TIMESTAMP '1900-01-01 00:00:00' ELSE COALESCE(MAX(m.published_to), TIMESTAMP '1900-01-01 00:00:00') END
  FROM IDENTIFIER(:ops_schema || '.fill_mark') AS m
  WHERE m.table_name = '@table@'
);
DECLARE OR REPLACE VARIABLE secchi_until TIMESTAMP;
SET VAR secchi_until = (
  SELECT GREATEST(session.secchi_since, MAX(b.newest))
  FROM (
@newest@  ) AS b
);

@merge@;

MERGE INTO IDENTIFIER(:ops_schema || '.fill_mark') AS t
USING (SELECT '@table@' AS table_name, session.secchi_until AS published_to, CURRENT_TIMESTAMP() AS filled_at) AS s
ON t.table_name = s.table_name
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *
