(
  SELECT
@columns@
    session.secchi_begin AS bronze_ingestion_timestamp,
    '@system_table@' AS bronze_source_file,
    UNIX_MICROS(session.secchi_begin) AS bronze_source_seq
  FROM (
    SELECT r.*, TO_JSON(STRUCT(r.*)) AS secchi_row_json
    FROM @system_table@ AS r
    WHERE @bound@ AND (@good@)
  ) AS r
  QUALIFY ROW_NUMBER() OVER (PARTITION BY @key@ ORDER BY @order@) = 1
)
