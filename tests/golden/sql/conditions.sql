-- Conditions and NULL.
-- case: three_valued
SELECT NULL = NULL AS a, NULL <=> NULL AS b, 1 <=> NULL AS c, NULL IS NULL AS d, 1 IS NOT NULL AS e, NULL IN (1) AS f, 1 IN (2, NULL) AS g, 1 NOT IN (2, NULL) AS h, NULL BETWEEN 1 AND 2 AS k;
-- case: distinct_from
SELECT i IS DISTINCT FROM 0 AS a, i IS NOT DISTINCT FROM NULL AS b, b IS TRUE AS c, b IS NOT TRUE AS d, b IS FALSE AS e, b IS UNKNOWN AS f FROM nums;
-- case: case_when
SELECT id, CASE WHEN i > 0 THEN 'pos' WHEN i < 0 THEN 'neg' ELSE 'none' END AS a, CASE id WHEN 1 THEN 'one' WHEN 2 THEN 'two' END AS b, CASE WHEN i > 0 THEN 1 WHEN i < 0 THEN 2.5 END AS c FROM nums;
-- case: case_mixed_types
SELECT CASE WHEN true THEN 1 ELSE 'a' END;
-- case: case_bad_branch
SELECT CASE WHEN false THEN 1 ELSE 'a' END;
-- case: functions
SELECT coalesce(NULL, NULL, 3) AS a, nvl(NULL, 'x') AS b, ifnull(1, 2) AS c, nvl2(NULL, 1, 2) AS d, nullif(1, 1) AS e, nullif(1, 2) AS f, if(1 > 2, 'a', 'b') AS g, isnull(NULL) AS k, isnotnull(1) AS l, zeroifnull(NULL) AS m, nullifzero(0) AS n, equal_null(NULL, NULL) AS o;
-- case: decode
SELECT id, decode(id, 1, 'one', 2, 'two', 'many') AS a, decode(NULL, NULL, 'null', 'other') AS b, decode(id, 9, 'x') AS c FROM nums;
-- case: like
SELECT id, s LIKE 'H%' AS a, s LIKE '%o_W%' AS b, s NOT LIKE 'a%' AS c, s ILIKE 'hello%' AS d, s LIKE 'a\_b\%c%' AS e, s LIKE 'a#_b%' ESCAPE '#' AS f FROM texts;
-- case: like_backslash
SELECT id FROM texts WHERE s LIKE '%c\\\\d';
-- case: like_any_all
SELECT id, s LIKE ANY ('H%', 'a%') AS a, s LIKE ALL ('%l%', '%o%') AS b, s NOT LIKE ALL ('H%', 'a%') AS c, s NOT LIKE ANY ('H%', '%d') AS d FROM texts;
-- case: like_column_pattern
SELECT 'abc' LIKE p AS a FROM VALUES ('a%'), ('_b_'), ('\\%'), (NULL) AS t(p);
-- case: rlike
SELECT id, s RLIKE '^[A-Z]' AS a, s REGEXP 'o' AS b, s NOT RLIKE 'o+' AS c, regexp_like(s, 'W.r') AS d FROM texts;
-- case: between
SELECT id FROM nums WHERE i BETWEEN -200 AND 0 OR d NOT BETWEEN -10 AND 100 ORDER BY id;
-- case: tuples
SELECT id FROM emp WHERE (dept, salary) IN (('it', 80L), ('ops', 70L)) ORDER BY id;
-- case: equals_twice
SELECT 1 == 1 AS a, 1 <> 2 AS b, 1 != 1 AS c, NOT (1 = 2) AS d;
-- case: short_circuit
SELECT CASE WHEN i = 0 THEN 0 ELSE 100 / i END AS a FROM nums WHERE id < 4;
-- case: nan
SELECT CAST('NaN' AS DOUBLE) = CAST('NaN' AS DOUBLE) AS a, CAST('NaN' AS DOUBLE) > 1e300 AS b, greatest(CAST('NaN' AS DOUBLE), 1) AS c;
