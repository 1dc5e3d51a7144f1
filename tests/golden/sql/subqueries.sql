-- Subqueries and WITH.
-- case: scalar
SELECT id, (SELECT max(salary) FROM emp) AS m FROM emp WHERE id = 1;
-- case: scalar_correlated
SELECT d.dept, (SELECT sum(e.salary) FROM emp e WHERE e.dept = d.dept) AS s FROM dept d;
-- case: in_query
SELECT id FROM emp WHERE dept IN (SELECT dept FROM dept WHERE budget > 100);
-- case: not_in_query_with_null
SELECT id FROM emp WHERE dept NOT IN (SELECT dept FROM dept);
-- case: exists
SELECT d.dept FROM dept d WHERE EXISTS (SELECT 1 FROM emp e WHERE e.dept = d.dept);
-- case: not_exists
SELECT d.dept FROM dept d WHERE NOT EXISTS (SELECT * FROM emp e WHERE e.dept = d.dept);
-- case: in_from
SELECT x.dept, x.n FROM (SELECT dept, count(*) AS n FROM emp GROUP BY dept) x WHERE x.n > 1;
-- case: no_alias
SELECT n FROM (SELECT count(*) AS n FROM emp);
-- case: cte
WITH a AS (SELECT dept, sum(salary) AS s FROM emp GROUP BY dept), b AS (SELECT max(s) AS m FROM a) SELECT a.dept FROM a JOIN b ON a.s = b.m;
-- case: cte_columns
WITH a(x, y) AS (SELECT id, name FROM emp) SELECT x, y FROM a WHERE x < 3;
-- case: cte_hides_table
WITH emp AS (SELECT 99 AS id) SELECT id FROM emp;
-- case: cte_reads_table_of_its_name
WITH dept AS (SELECT dept, title FROM dept WHERE budget > 500) SELECT * FROM dept;
-- case: cte_nested
WITH a AS (WITH b AS (SELECT 1 AS x) SELECT x + 1 AS y FROM b) SELECT * FROM a;
-- case: cte_in_subquery
SELECT * FROM (WITH a AS (SELECT 5 AS v) SELECT v FROM a) t;
-- case: cte_twice
WITH a AS (SELECT id, salary FROM emp WHERE salary IS NOT NULL) SELECT x.id, y.id AS other FROM a x JOIN a y ON x.salary = y.salary AND x.id < y.id;
-- case: recursive
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n) AS s, count(*) AS c FROM t;
-- case: recursive_tree
WITH RECURSIVE t(id, depth) AS (SELECT id, 0 FROM emp WHERE boss IS NULL UNION ALL SELECT e.id, t.depth + 1 FROM emp e JOIN t ON e.boss = t.id) SELECT * FROM t;
-- case: union_all
SELECT id FROM emp WHERE id < 3 UNION ALL SELECT id FROM emp WHERE id < 2;
-- case: union
SELECT dept FROM emp UNION SELECT dept FROM dept;
-- case: union_types
SELECT 1 AS x, 'a' AS y UNION ALL SELECT 2L, NULL UNION ALL SELECT 2.5D, 'c';
-- case: union_null_first
SELECT NULL AS x UNION ALL SELECT 'a' UNION ALL SELECT 'b';
-- case: union_date_string
SELECT DATE '2024-01-01' AS d UNION ALL SELECT '2024-01-02';
-- case: except_intersect
SELECT dept FROM emp EXCEPT SELECT dept FROM dept;
-- case: intersect
SELECT dept FROM emp INTERSECT SELECT dept FROM dept;
-- case: except_all
SELECT dept FROM emp EXCEPT ALL SELECT dept FROM dept;
-- case: minus
SELECT id FROM emp MINUS SELECT boss FROM emp;
-- case: set_precedence
SELECT 1 AS x UNION SELECT 2 INTERSECT SELECT 3;
-- case: set_brackets
(SELECT 1 AS x UNION SELECT 2) INTERSECT SELECT 2;
-- case: set_order_limit (ordered)
SELECT id FROM emp WHERE id > 5 UNION ALL SELECT id FROM emp WHERE id < 3 ORDER BY id DESC LIMIT 3;
-- case: brackets_with_limit
SELECT * FROM ((SELECT id FROM emp ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM emp ORDER BY id DESC LIMIT 1)) AS t;
-- case: values_union
SELECT * FROM VALUES (1), (2) AS a(x) UNION ALL VALUES (3);
-- case: scalar_of_many_rows
SELECT (SELECT id FROM emp);
-- case: scalar_of_no_rows
SELECT (SELECT id FROM emp WHERE false) AS x;
-- case: correlated_in_select_list
SELECT e.id, (SELECT count(*) FROM emp x WHERE x.boss = e.id) AS reports FROM emp e;
-- case: union_column_count
SELECT 1, 2 UNION ALL SELECT 3;
