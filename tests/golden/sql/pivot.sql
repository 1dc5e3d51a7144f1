-- PIVOT and UNPIVOT: names of columns, what is grouped by, NULLs where there is no row, types of values.

-- case: pivot_one (names)
SELECT * FROM (SELECT dept, boss, salary FROM emp) PIVOT (SUM(salary) FOR dept IN ('it', 'ops', 'law'));

-- case: pivot_aliases (names)
SELECT * FROM (SELECT dept, boss, salary FROM emp) PIVOT (SUM(salary) AS s FOR dept IN ('it' AS tech, 'ops' AS operations));

-- case: pivot_several_aggregates (names)
SELECT * FROM (SELECT dept, boss, salary FROM emp) PIVOT (SUM(salary) AS s, COUNT(*) AS n FOR dept IN ('it', 'ops' AS o));

-- case: pivot_unnamed_aggregates (names)
SELECT * FROM (SELECT dept, boss, salary FROM emp) PIVOT (SUM(salary), MAX(salary) FOR dept IN ('it', 'hr'));

-- case: pivot_all_columns (names)
SELECT * FROM emp PIVOT (MAX(salary) FOR dept IN ('it', 'ops'));

-- case: pivot_no_group (names)
SELECT * FROM (SELECT dept, salary FROM emp) PIVOT (AVG(salary) FOR dept IN ('it', 'ops', 'none'));

-- case: pivot_empty_input (names)
SELECT * FROM (SELECT dept, salary FROM emp WHERE id < 0) PIVOT (SUM(salary), COUNT(*) FOR dept IN ('it'));

-- case: pivot_empty_groups (names)
SELECT * FROM (SELECT dept, boss, salary FROM emp WHERE id < 0) PIVOT (SUM(salary) FOR dept IN ('it'));

-- case: pivot_count_is_null_without_rows (names)
SELECT * FROM (SELECT dept, boss FROM emp) PIVOT (COUNT(*) FOR dept IN ('it', 'hr'));

-- case: pivot_count_of_column (names)
SELECT * FROM (SELECT dept, boss, salary FROM emp) PIVOT (COUNT(salary) FOR dept IN ('ops', 'hr'));

-- case: pivot_text_results (names)
SELECT * FROM (SELECT dept, boss, name FROM emp) PIVOT (MAX(name) FOR dept IN ('it', 'hr'));

-- case: pivot_text_and_count (names)
SELECT * FROM (SELECT dept, boss, name FROM emp) PIVOT (MAX(name) AS m, COUNT(*) AS n FOR dept IN ('it', 'hr'));

-- case: pivot_dates (names)
SELECT * FROM (SELECT dept, hired FROM emp) PIVOT (MIN(hired) FOR dept IN ('it', 'ops', 'none'));

-- case: pivot_null_value (names)
SELECT * FROM (SELECT dept, salary FROM emp) PIVOT (SUM(salary) FOR dept IN ('it', NULL));

-- case: pivot_null_named (names)
SELECT * FROM (SELECT dept, salary FROM emp) PIVOT (SUM(salary) FOR dept IN (NULL AS nobody, 'hr'));

-- case: pivot_numbers (names)
SELECT * FROM (SELECT boss, dept, salary FROM emp) PIVOT (SUM(salary) FOR boss IN (1, 4, -1));

-- case: pivot_number_as_text (names)
SELECT * FROM (SELECT boss, salary FROM emp) PIVOT (SUM(salary) FOR boss IN ('1', '9'));

-- case: pivot_text_as_number (names)
SELECT * FROM (SELECT u, id FROM texts) PIVOT (MAX(id) FOR u IN (42));

-- case: pivot_booleans (names)
SELECT * FROM (SELECT b, i FROM nums) PIVOT (MAX(i) FOR b IN (true, false));

-- case: pivot_days (names)
SELECT * FROM (SELECT hired, salary FROM emp) PIVOT (SUM(salary) FOR hired IN (DATE '2021-03-01', DATE '2020-01-15' AS first_day));

-- case: pivot_pairs (names)
SELECT * FROM (SELECT dept, boss, salary FROM emp) PIVOT (SUM(salary) FOR (dept, boss) IN (('it', 1), ('ops', 4), ('hr', 1) AS people));

-- case: pivot_pairs_null (names)
SELECT * FROM (SELECT dept, boss, salary FROM emp) PIVOT (COUNT(*) FOR (dept, boss) IN (('it', NULL) AS top, (NULL, 9) AS none));

-- case: pivot_expression (names)
SELECT * FROM (SELECT dept, boss, salary FROM emp) PIVOT (SUM(salary) / COUNT(*) AS x FOR dept IN ('it', 'ops'));

-- case: pivot_coalesce (names)
SELECT * FROM (SELECT dept, boss, salary FROM emp) PIVOT (COALESCE(SUM(salary), 0) AS x FOR dept IN ('it', 'ops'));

-- case: pivot_filter (names)
SELECT * FROM (SELECT dept, boss, salary FROM emp) PIVOT (SUM(salary) FILTER (WHERE salary > 80) AS x FOR dept IN ('it', 'hr'));

-- case: pivot_distinct (names)
SELECT * FROM (SELECT dept, salary FROM emp) PIVOT (COUNT(DISTINCT salary) AS n FOR dept IN ('it', 'ops'));

-- case: pivot_of_expression_of_columns (names)
SELECT * FROM (SELECT dept, id, boss, salary FROM emp) PIVOT (SUM(salary * id) AS x FOR dept IN ('it', 'ops'));

-- case: pivot_no_aggregate (names)
SELECT * FROM (SELECT dept, salary FROM emp) PIVOT (salary FOR dept IN ('it'));

-- case: pivot_unknown_column (names)
SELECT * FROM (SELECT dept, salary FROM emp) PIVOT (SUM(salary) FOR depart IN ('it'));

-- case: pivot_alias_before (names)
SELECT tech, ops FROM emp AS e PIVOT (SUM(e.salary) FOR dept IN ('it' AS tech, 'ops'));

-- case: pivot_where_and_order (ordered) (names)
SELECT boss, it + 1 AS more FROM (SELECT dept, boss, salary FROM emp) PIVOT (SUM(salary) FOR dept IN ('it', 'ops')) WHERE boss IS NOT NULL ORDER BY boss;

-- case: pivot_of_cte (names)
WITH pay AS (SELECT dept, YEAR(hired) AS y, salary FROM emp) SELECT * FROM pay PIVOT (SUM(salary) FOR y IN (2020, 2021, 2022));

-- case: pivot_then_join (names)
SELECT d.title, p.* FROM (SELECT * FROM (SELECT dept, boss, salary FROM emp) PIVOT (SUM(salary) FOR boss IN (1 AS one, 4 AS four))) AS p JOIN dept AS d ON d.dept = p.dept;

-- case: pivot_lists (names)
SELECT * FROM (SELECT dept, boss, id FROM emp) PIVOT (SORT_ARRAY(COLLECT_LIST(id)) AS ids FOR dept IN ('it', 'hr'));

-- case: pivot_decimals (names)
SELECT * FROM (SELECT b, m FROM nums) PIVOT (SUM(m) AS s, AVG(m) AS a FOR b IN (true AS yes));

-- case: unpivot_one (names)
SELECT * FROM (SELECT id, s, i FROM nums) UNPIVOT (val FOR col IN (s, i));

-- case: unpivot_include_nulls (names)
SELECT * FROM (SELECT id, s, i FROM nums) UNPIVOT INCLUDE NULLS (val FOR col IN (s, i));

-- case: unpivot_exclude_nulls (names)
SELECT * FROM (SELECT id, s, i FROM nums) UNPIVOT EXCLUDE NULLS (val FOR col IN (s, i));

-- case: unpivot_aliases (names)
SELECT * FROM (SELECT id, s, i FROM nums) UNPIVOT (val FOR col IN (s AS small, i AS plain)) AS u WHERE u.val > 0;

-- case: unpivot_wider_types (names)
SELECT * FROM (SELECT id, t, l, d FROM nums) UNPIVOT (val FOR col IN (t, l, d));

-- case: unpivot_decimals (names)
SELECT * FROM (SELECT id, i, m FROM nums WHERE id < 4) UNPIVOT (val FOR col IN (i, m));

-- case: unpivot_text_and_number (names)
SELECT * FROM (SELECT id, name, salary FROM emp) UNPIVOT (val FOR col IN (name, salary));

-- case: unpivot_text (names)
SELECT * FROM (SELECT id, dept, name FROM emp) UNPIVOT (val FOR col IN (dept, name));

-- case: unpivot_pairs (names)
SELECT * FROM (SELECT id, t, s, i, l FROM nums) UNPIVOT ((x, y) FOR what IN ((t, s), (i, l)));

-- case: unpivot_pairs_aliases (names)
SELECT * FROM (SELECT id, dept, name, salary, boss FROM emp) UNPIVOT INCLUDE NULLS ((who, pay) FOR what IN ((dept, salary) AS a, (name, boss) AS b));

-- case: unpivot_all_columns (names)
SELECT * FROM (SELECT s, i FROM nums) UNPIVOT (val FOR col IN (s, i));

-- case: unpivot_alias_before (names)
SELECT col, val FROM nums AS n UNPIVOT (val FOR col IN (n.i, n.s));

-- case: unpivot_unknown_column (names)
SELECT * FROM nums UNPIVOT (val FOR col IN (i, q));

-- case: unpivot_grouped (names)
SELECT col, SUM(val) AS total FROM (SELECT id, s, t FROM nums WHERE id < 4) UNPIVOT (val FOR col IN (s, t)) GROUP BY col;

-- case: unpivot_dates (names)
SELECT * FROM (SELECT id, d, ts FROM times WHERE id < 3) UNPIVOT (val FOR col IN (d, ts));

-- case: unpivot_then_pivot (names)
SELECT * FROM (SELECT * FROM (SELECT id, s, i FROM nums) UNPIVOT (val FOR col IN (s, i))) PIVOT (MAX(val) FOR col IN ('s', 'i'));
