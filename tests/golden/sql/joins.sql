-- Joins.
-- case: inner
SELECT e.id, d.title FROM emp e JOIN dept d ON e.dept = d.dept;
-- case: left
SELECT e.id, d.title FROM emp e LEFT JOIN dept d ON e.dept = d.dept;
-- case: right
SELECT e.id, d.title FROM emp e RIGHT OUTER JOIN dept d ON e.dept = d.dept;
-- case: full
SELECT e.id, d.title FROM emp e FULL OUTER JOIN dept d ON e.dept = d.dept;
-- case: null_safe
SELECT e.id, d.title FROM emp e JOIN dept d ON e.dept <=> d.dept;
-- case: cross
SELECT count(*) AS n FROM emp CROSS JOIN dept;
-- case: comma
SELECT e.id, d.title FROM emp e, dept d WHERE e.dept = d.dept AND d.budget > 500;
-- case: semi
SELECT id FROM emp e LEFT SEMI JOIN dept d ON e.dept = d.dept;
-- case: anti
SELECT id FROM emp e LEFT ANTI JOIN dept d ON e.dept = d.dept;
-- case: semi_short
SELECT id FROM emp e SEMI JOIN dept d USING (dept);
-- case: using_star (names)
SELECT * FROM emp JOIN dept USING (dept) WHERE id = 1;
-- case: using_left (names)
SELECT * FROM emp LEFT JOIN dept USING (dept);
-- case: using_right
SELECT dept, id, title FROM emp RIGHT JOIN dept USING (dept);
-- case: using_full (names)
SELECT * FROM emp FULL JOIN dept USING (dept);
-- case: using_qualified
SELECT e.dept AS l, d.dept AS r, dept FROM emp e LEFT JOIN dept d USING (dept) WHERE id IN (1, 7);
-- case: natural (names)
SELECT * FROM emp NATURAL JOIN dept WHERE id = 1;
-- case: self
SELECT e.name, b.name AS boss FROM emp e LEFT JOIN emp b ON e.boss = b.id;
-- case: three
SELECT e.id, b.name, d.title FROM emp e JOIN emp b ON e.boss = b.id LEFT JOIN dept d ON b.dept = d.dept;
-- case: inequality
SELECT a.id AS x, b.id AS y FROM emp a JOIN emp b ON a.salary < b.salary AND a.dept = b.dept;
-- case: brackets
SELECT e.id, d.title FROM emp e LEFT JOIN (dept d JOIN emp x ON d.dept = x.dept AND x.id = 4) ON e.dept = d.dept;
-- case: condition_in_on
SELECT e.id, d.title FROM emp e LEFT JOIN dept d ON e.dept = d.dept AND d.budget > 500;
-- case: values_join
SELECT v.n, e.name FROM VALUES (1, 'one'), (3, 'three') AS v(i, n) JOIN emp e ON e.id = v.i;
-- case: lateral_subquery
SELECT d.dept, t.n FROM dept d, LATERAL (SELECT count(*) AS n FROM emp e WHERE e.dept = d.dept) AS t;
-- case: join_mixed_types
SELECT e.id FROM emp e JOIN VALUES ('1'), ('3') AS v(s) ON e.id = v.s;
-- case: cross_join_alias_columns (names)
SELECT * FROM (SELECT 1) AS a(x) CROSS JOIN (SELECT 2, 3) AS b(y, z);
