-- A column of another type: it is a finding. Values that are no number are rejected with their rows.
SELECT d.* EXCEPT (status_code), CASE WHEN d.status_code = 429 THEN 'RATE_LIMITED' ELSE CAST(d.status_code AS STRING) END AS status_code
FROM delivered AS d
