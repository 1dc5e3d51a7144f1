-- Rows of one batch in the types of their bronze table. bronze_bad: it cannot be used, bronze_reason tells why.
WITH typed_row AS (
  SELECT
{columns},
    {file} AS bronze_source_file,
    r.bronze_source_seq AS bronze_source_seq{unfit}
  FROM incoming.{raw} AS r
),
judged_row AS (
  SELECT
    t.*{judgement}
  FROM typed_row AS t
{horizon}
)
