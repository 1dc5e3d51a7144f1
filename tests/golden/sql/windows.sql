-- Window functions.
-- case: ranks
SELECT id, row_number() OVER (PARTITION BY dept ORDER BY salary, id) AS a, rank() OVER (PARTITION BY dept ORDER BY salary) AS b, dense_rank() OVER (ORDER BY salary) AS c, percent_rank() OVER (ORDER BY salary) AS d, cume_dist() OVER (ORDER BY salary) AS e, ntile(3) OVER (ORDER BY id) AS f FROM emp;
-- case: nulls_order
SELECT id, row_number() OVER (ORDER BY salary, id) AS a, row_number() OVER (ORDER BY salary DESC, id) AS b, row_number() OVER (ORDER BY salary NULLS LAST, id) AS c FROM emp;
-- case: running
SELECT id, sum(salary) OVER (ORDER BY id) AS a, sum(salary) OVER (PARTITION BY dept ORDER BY id) AS b, avg(salary) OVER (PARTITION BY dept) AS c, count(*) OVER () AS d, max(salary) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS e FROM emp;
-- case: peers
SELECT id, sum(id) OVER (ORDER BY salary) AS a, count(*) OVER (ORDER BY salary RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS b, sum(id) OVER (ORDER BY salary, id ROWS UNBOUNDED PRECEDING) AS c FROM emp;
-- case: range_frame
SELECT id, sum(id) OVER (ORDER BY salary RANGE BETWEEN 10 PRECEDING AND 10 FOLLOWING) AS a FROM emp WHERE salary IS NOT NULL;
-- case: range_of_dates
SELECT id, count(*) OVER (ORDER BY hired RANGE BETWEEN INTERVAL 365 DAYS PRECEDING AND CURRENT ROW) AS a FROM emp WHERE hired IS NOT NULL;
-- case: lag_lead
SELECT id, lag(salary) OVER (ORDER BY id) AS a, lead(salary) OVER (ORDER BY id) AS b, lag(salary, 2) OVER (ORDER BY id) AS c, lag(salary, 1, 0) OVER (ORDER BY id) AS d, lead(name, 1, 'none') OVER (PARTITION BY dept ORDER BY id) AS e FROM emp;
-- case: ignore_nulls
SELECT id, lag(salary) IGNORE NULLS OVER (ORDER BY id) AS a, first_value(salary) IGNORE NULLS OVER (ORDER BY id DESC) AS b, last_value(salary, true) OVER (ORDER BY id) AS c, last_value(salary) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS d FROM emp;
-- case: first_last
SELECT id, first_value(name) OVER (PARTITION BY dept ORDER BY id) AS a, last_value(name) OVER (PARTITION BY dept ORDER BY id) AS b, nth_value(name, 2) OVER (PARTITION BY dept ORDER BY id) AS c, first(salary) OVER (ORDER BY id) AS d FROM emp;
-- case: named
SELECT id, sum(salary) OVER w AS a, row_number() OVER w AS b FROM emp WINDOW w AS (PARTITION BY dept ORDER BY id);
-- case: qualify
SELECT dept, id FROM emp QUALIFY row_number() OVER (PARTITION BY dept ORDER BY id) = 1;
-- case: qualify_alias
SELECT dept, id, rank() OVER (PARTITION BY dept ORDER BY salary DESC NULLS LAST) AS r FROM emp QUALIFY r = 1;
-- case: qualify_group_all_having
SELECT dept, sum(salary) AS s FROM emp GROUP BY ALL HAVING count(*) > 0 QUALIFY row_number() OVER (ORDER BY dept) = 1;
-- case: over_aggregate
SELECT dept, sum(salary) AS s, rank() OVER (ORDER BY sum(salary) DESC) AS r, sum(sum(salary)) OVER () AS t FROM emp GROUP BY dept;
-- case: share
SELECT id, salary / sum(salary) OVER () AS share, round(salary * 100.0 / sum(salary) OVER (PARTITION BY dept), 1) AS pct FROM emp;
-- case: conditional
SELECT id, sum(CASE WHEN salary > 75 THEN 1 ELSE 0 END) OVER (ORDER BY id) AS a, count_if(salary > 75) OVER (ORDER BY id) AS b, count(salary) FILTER (WHERE dept = 'it') OVER (ORDER BY id) AS c FROM emp;
-- case: collect
SELECT id, collect_list(salary) OVER (PARTITION BY dept ORDER BY id) AS a FROM emp;
-- case: percentile_window
SELECT id, percentile(salary, 0.5) OVER (PARTITION BY dept) AS a, stddev(salary) OVER (PARTITION BY dept) AS b FROM emp;
-- case: dedupe
SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY dept, salary ORDER BY id) AS rn FROM emp) WHERE rn = 1;
-- case: islands
SELECT id, id - row_number() OVER (ORDER BY id) AS grp FROM emp WHERE id <> 3;
-- case: growth
SELECT id, salary, (salary - lag(salary) OVER (ORDER BY id)) / lag(salary) OVER (ORDER BY id) * 100 AS pct FROM emp WHERE salary IS NOT NULL;
-- case: window_without_over
SELECT row_number() FROM emp;
