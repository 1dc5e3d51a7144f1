-- A column more: it is kept and reported.
SELECT d.*, CASE WHEN d.response.status_code >= 400 THEN 'high' ELSE 'low' END AS risk_level
FROM delivered AS d
