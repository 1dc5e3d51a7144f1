(
  SELECT
@columns@
    session.secchi_begin AS bronze_ingestion_timestamp,
    '@system_table@' AS bronze_source_file,
    UNIX_MICROS(session.secchi_begin) AS bronze_source_seq
  FROM @system_table@ AS r
  WHERE @bound@ AND (@good@)
  QUALIFY ROW_NUMBER() OVER (PARTITION BY @key@ ORDER BY @order@) = 1
)
