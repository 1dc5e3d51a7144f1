-- Natural keys that the batch delivers more than once.
{typed}
SELECT {keys}
FROM judged_row AS j
WHERE NOT j.bronze_bad
GROUP BY {keys}
HAVING COUNT(*) > 1
