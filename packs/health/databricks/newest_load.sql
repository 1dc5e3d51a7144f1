    SELECT MAX(r.bronze_ingestion_timestamp) AS newest FROM IDENTIFIER(:bronze_schema || '.@table@') AS r
