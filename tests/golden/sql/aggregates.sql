-- Aggregates and grouping.
-- case: basic
SELECT count(*) AS a, count(salary) AS b, sum(salary) AS c, avg(salary) AS d, min(salary) AS e, max(salary) AS f, count(DISTINCT dept) AS g, min(name) AS h, max(hired) AS k FROM emp;
-- case: empty
SELECT count(*) AS a, sum(salary) AS b, avg(salary) AS c, max(salary) AS d, count_if(salary > 0) AS e, collect_list(salary) AS f FROM emp WHERE false;
-- case: empty_grouped
SELECT dept, count(*) AS n FROM emp WHERE false GROUP BY dept;
-- case: types_of_sum
SELECT sum(t) AS a, sum(s) AS b, sum(i) AS c, sum(f) AS e, sum(d) AS g, sum(m) AS h, avg(t) AS k, avg(f) AS l FROM nums WHERE id < 4;
-- case: sum_overflow
SELECT sum(l) FROM (SELECT 9223372036854775807L AS l UNION ALL SELECT 1L);
-- case: group_by
SELECT dept, count(*) AS n, sum(salary) AS s FROM emp GROUP BY dept;
-- case: group_by_all
SELECT dept, salary > 75 AS rich, count(*) AS n FROM emp GROUP BY ALL;
-- case: group_by_place
SELECT upper(dept) AS d, count(*) AS n FROM emp GROUP BY 1;
-- case: group_by_alias
SELECT upper(dept) AS d, count(*) AS n FROM emp GROUP BY d;
-- case: group_by_expression
SELECT year(hired) AS y, count(*) AS n FROM emp GROUP BY year(hired);
-- case: group_by_column_before_alias
SELECT upper(dept) AS dept, count(*) AS n FROM emp GROUP BY dept;
-- case: having
SELECT dept, sum(salary) AS s FROM emp GROUP BY dept HAVING sum(salary) > 75 AND count(*) > 1;
-- case: having_alias
SELECT dept, sum(salary) AS s FROM emp GROUP BY dept HAVING s > 75;
-- case: having_without_group
SELECT sum(salary) AS s FROM emp HAVING count(*) > 100;
-- case: filter
SELECT count(*) FILTER (WHERE dept = 'it') AS a, sum(salary) FILTER (WHERE salary > 75) AS b, avg(salary) FILTER (WHERE false) AS c, count(DISTINCT salary) FILTER (WHERE dept = 'it') AS d FROM emp;
-- case: count_if
SELECT dept, count_if(salary > 75) AS a, count_if(salary IS NULL) AS b FROM emp GROUP BY dept;
-- case: count_many
SELECT count(dept, salary) AS a, count(DISTINCT dept, salary) AS b FROM emp;
-- case: statistics
SELECT stddev(salary) AS a, stddev_pop(salary) AS b, variance(salary) AS c, var_pop(salary) AS d, corr(id, salary) AS e, covar_samp(id, salary) AS f, covar_pop(id, salary) AS g, kurtosis(salary) AS h, regr_slope(salary, id) AS k, regr_count(salary, id) AS l FROM emp;
-- case: statistics_of_one
SELECT stddev(salary) AS a, variance(salary) AS b, stddev_pop(salary) AS c, corr(id, salary) AS d FROM emp WHERE id = 1;
-- case: percentiles
SELECT percentile(salary, 0.5) AS a, percentile(salary, array(0.25, 0.9)) AS b, median(salary) AS c, percentile_cont(0.9) WITHIN GROUP (ORDER BY salary) AS d, percentile_disc(0.5) WITHIN GROUP (ORDER BY salary) AS e, percentile_approx(salary, 0.5) AS f, approx_percentile(salary, 0.95, 100) AS g, percentile_cont(0.1) WITHIN GROUP (ORDER BY salary DESC) AS h FROM emp;
-- case: percentile_grouped
SELECT dept, percentile(salary, 0.95) AS p95, percentile_approx(salary, array(0.5, 0.99)) AS q FROM emp GROUP BY dept;
-- case: percentile_filter
SELECT percentile(salary, 0.5) FILTER (WHERE dept = 'it') AS a, percentile(m, 0.5) AS b FROM emp CROSS JOIN (SELECT m FROM nums WHERE id = 1);
-- case: by
SELECT max_by(name, salary) AS a, min_by(name, salary) AS b, max_by(boss, id) AS c FROM emp WHERE id NOT IN (3);
-- case: by_null_value
SELECT max_by(x, y) AS a, min_by(x, y) AS b FROM VALUES (1, 1), (NULL, 2), (3, NULL), (4, 0) AS t(x, y);
-- case: first_last
SELECT first(x) AS a, last(x) AS b, first(x, true) AS c, last(x, true) AS d, any_value(x) AS e, any_value(x, true) AS f, first_value(x) IGNORE NULLS AS g FROM VALUES (NULL), (NULL) AS t(x);
-- case: lists
SELECT sort_array(collect_list(salary)) AS a, sort_array(collect_set(salary)) AS b, sort_array(array_agg(name)) AS c, size(collect_list(boss)) AS d FROM emp;
-- case: list_filter
SELECT sort_array(collect_list(id) FILTER (WHERE salary > 75)) AS a, collect_set(salary) FILTER (WHERE false) AS b FROM emp;
-- case: booleans
SELECT bool_and(salary > 50) AS a, bool_or(salary > 95) AS b, every(salary > 75) AS c, some(salary IS NULL) AS d, any(salary > 1000) AS e FROM emp;
-- case: bits
SELECT bit_and(id) AS a, bit_or(id) AS b, bit_xor(id) AS c FROM emp;
-- case: mode
SELECT mode(dept) AS a, mode(salary) AS b FROM emp WHERE id < 4;
-- case: approx_distinct
SELECT approx_count_distinct(dept) AS a, approx_count_distinct(salary) AS b FROM emp;
-- case: distinct_sums
SELECT sum(DISTINCT salary) AS a, avg(DISTINCT salary) AS b, count(DISTINCT salary) AS c FROM emp;
-- case: listagg
SELECT listagg(name, ', ') WITHIN GROUP (ORDER BY name) AS a, listagg(dept) WITHIN GROUP (ORDER BY dept DESC) AS b, string_agg(name, '-') WITHIN GROUP (ORDER BY id DESC) AS c FROM emp;
-- case: rollup
SELECT dept, salary, count(*) AS n, grouping(dept) AS g, grouping_id(dept, salary) AS i FROM emp GROUP BY ROLLUP (dept, salary);
-- case: cube
SELECT dept, boss, sum(salary) AS s FROM emp GROUP BY CUBE (dept, boss);
-- case: grouping_sets
SELECT dept, boss, count(*) AS n FROM emp GROUP BY GROUPING SETS ((dept, boss), (dept), ());
-- case: with_rollup
SELECT dept, count(*) AS n FROM emp GROUP BY dept WITH ROLLUP;
-- case: grouping_sets_listed
SELECT dept, boss, count(*) AS n FROM emp GROUP BY dept, boss GROUPING SETS ((dept), (boss));
-- case: aggregate_of_expression
SELECT sum(CASE WHEN salary > 75 THEN 1 ELSE 0 END) AS a, sum(salary * 2) / count(*) AS b, max(salary) - min(salary) AS c, sum(if(salary > 75, 1, 0)) * 100.0 / count(*) AS d FROM emp;
-- case: nested_aggregate
SELECT avg(n) AS a FROM (SELECT dept, count(*) AS n FROM emp GROUP BY dept);
-- case: sum_of_booleans
SELECT sum(CAST(salary > 75 AS INT)) AS a FROM emp;
-- case: sum_of_strings
SELECT sum(u) AS a FROM texts WHERE id IN (1, 2);
-- case: not_grouped_column
SELECT name, count(*) FROM emp GROUP BY dept;
-- case: min_max_types
SELECT min(b) AS a, max(b) AS c, min(d) AS e, max(ts) AS f FROM nums CROSS JOIN (SELECT max(ts) AS ts FROM times);
-- case: avg_of_doubles
SELECT avg(d) AS a, avg(f) AS b, sum(d) / count(d) AS c FROM nums WHERE id < 4;
-- case: count_literal
SELECT count(1) AS a, count(NULL) AS b, count('x') AS c FROM emp;
