-- The shape of a SELECT: names, stars, order, limits, aliases.
-- case: star (names)
SELECT * FROM emp WHERE id < 3;
-- case: star_except (names)
SELECT * EXCEPT (boss, hired) FROM emp WHERE id = 1;
-- case: qualified_star (names)
SELECT e.*, d.title FROM emp AS e JOIN dept d ON e.dept = d.dept WHERE e.id = 1;
-- case: struct_star (names)
SELECT st.* FROM nested WHERE id = 1;
-- case: two_stars (names)
SELECT d.*, e.* EXCEPT (dept) FROM emp e CROSS JOIN dept d WHERE e.id = 1 AND d.dept = 'it';
-- case: names_of_expressions (names)
SELECT id, id + 1, count(*), sum(salary), upper(dept), max(salary) - min(salary), CASE WHEN id > 1 THEN 'a' ELSE 'b' END, count(DISTINCT dept), 5, 'x', true, NULL, CAST(id AS STRING), id IS NULL, NOT (id = 1), dept || 'x' FROM emp GROUP BY id, dept;
-- case: name_of_field (names)
SELECT st.x, st.y AS yy, m['x'], a[0] FROM nested WHERE id = 1;
-- case: name_case_kept (names)
SELECT ID, Dept FROM emp WHERE id = 1;
-- case: alias_without_as (names)
SELECT id x, salary `the pay` FROM emp e WHERE e.id = 1;
-- case: alias_reused
SELECT salary AS s, s * 2 AS d, d + s AS t FROM emp WHERE id = 1;
-- case: alias_shadowed_by_column
SELECT id + 100 AS salary, salary AS s FROM emp WHERE id = 1;
-- case: distinct
SELECT DISTINCT dept FROM emp;
-- case: distinct_two
SELECT DISTINCT dept, salary > 75 AS rich FROM emp;
-- case: order_by_nulls (ordered)
SELECT dept, salary FROM emp ORDER BY dept, salary DESC, id;
-- case: order_by_nulls_given (ordered)
SELECT salary FROM emp ORDER BY salary DESC NULLS FIRST, id;
-- case: order_by_nulls_last (ordered)
SELECT id FROM emp ORDER BY salary ASC NULLS LAST, id DESC;
-- case: order_by_place (ordered)
SELECT name, salary FROM emp ORDER BY 2 DESC, 1;
-- case: order_by_alias (ordered)
SELECT name AS n, -salary AS salary FROM emp ORDER BY salary, n;
-- case: order_by_expression (ordered)
SELECT name FROM emp ORDER BY length(name) + id DESC;
-- case: order_by_hidden_column (ordered)
SELECT name FROM emp ORDER BY hired, id;
-- case: order_by_all (ordered)
SELECT dept, id FROM emp ORDER BY ALL;
-- case: order_by_aggregate (ordered)
SELECT dept FROM emp GROUP BY dept ORDER BY count(*) DESC, dept;
-- case: limit_offset (ordered)
SELECT id FROM emp ORDER BY id LIMIT 2 OFFSET 3;
-- case: limit_expression (ordered)
SELECT id FROM emp ORDER BY id LIMIT 1 + 1;
-- case: limit_all (ordered)
SELECT id FROM emp ORDER BY id LIMIT ALL OFFSET 5;
-- case: no_from
SELECT 1 + 1 AS two;
-- case: where_false
SELECT id FROM emp WHERE false;
-- case: hints
SELECT /*+ BROADCAST(d), REPARTITION(3) */ e.id FROM emp e JOIN dept d ON e.dept = d.dept WHERE e.id = 1;
-- case: table_statement
TABLE dept;
-- case: backticks
SELECT `e`.`id` AS `a b`, `name` FROM `emp` AS `e` WHERE `id` = 1;
-- case: keywords_as_names
SELECT 1 AS date, 2 AS `order`, 3 AS year, 4 AS value, 5 AS end, 6 AS key, 7 AS first, 8 AS type;
-- case: case_insensitive
sElEcT Id, NAME From EMP whERE iD = 2;
-- case: unknown_column
SELECT salry FROM emp;
-- case: unknown_table
SELECT * FROM nowhere;
-- case: unknown_function
SELECT uper(name) FROM emp;
-- case: ambiguous_column
SELECT dept FROM emp JOIN dept ON emp.dept = dept.dept;
-- case: alias_in_where
SELECT salary * 2 AS d FROM emp WHERE d > 100;
-- case: qualified_by_table
SELECT emp.id, emp.name FROM emp WHERE emp.id = 3;
-- case: comment_inside
SELECT id, -- the key
  name /* ; ' */ FROM emp -- ; trailing
WHERE id = 1;
