-- Where dialects like to differ without a word: found one by one, kept for good.
-- case: string_equality_spaces
SELECT 'a' = 'a ' AS a, 'A' = 'a' AS b, '' = ' ' AS c, 'a' < 'B' AS d, 'é' > 'z' AS e;
-- case: in_mixed_types
SELECT 1 IN ('1', '2') AS a, '01' IN (1, 2) AS b, 2.0 IN (1, 2) AS c, 1.5D IN (1, 1.5) AS d;
-- case: between_mixed
SELECT d BETWEEN '2024-01-01' AND DATE '2024-12-31' AS a, ts BETWEEN d AND d + INTERVAL 1 DAY AS b, '5' BETWEEN 1 AND 9 AS c FROM times;
-- case: case_decimals
SELECT CASE WHEN id = 1 THEN 1.25 WHEN id = 2 THEN 100 ELSE 0.1 END AS a, CASE WHEN id = 1 THEN m ELSE d END AS b, if(id = 1, NULL, m) AS c FROM nums;
-- case: coalesce_types
SELECT coalesce(salary, 0) AS a, coalesce(salary, 0.0) AS b, coalesce(name, 'x') AS c, coalesce(CAST(salary AS STRING), 'none') AS d, coalesce(hired, DATE '1900-01-01') AS e FROM emp;
-- case: concat_of_values
SELECT concat(d, ' ', ts) AS a, concat(1.10, '|', 2e0, '|', true) AS b, 'x' || d AS c FROM times;
-- case: concat_of_doubles
SELECT concat('v=', d) AS a, concat(f, '') AS b, CAST(d * 1000000 AS STRING) AS c, CAST(d / 3 AS STRING) AS e FROM nums;
-- case: integer_widths
SELECT 100Y + 27Y AS a, 1Y * 100S AS b, 2147483647 + 1L AS c, -32768S - 0S AS d, 5 % 3L AS e, 7Y DIV 2Y AS f;
-- case: negative_modulo_decimals
SELECT -7.5 % 2 AS a, 7.5 % -2 AS b, -7.5D % 2 AS c, pmod(-7.5D, 2) AS d, -7 DIV 2 AS e, mod(-8L, 3) AS f;
-- case: min_long
SELECT -9223372036854775808L AS a, -9223372036854775808 AS b, -2147483648 AS c, abs(-2147483647) AS d;
-- case: abs_overflow
SELECT abs(-2147483648);
-- case: negate_overflow
SELECT -(-2147483648);
-- case: boolean_order (ordered)
SELECT b, id FROM nums ORDER BY b, id;
-- case: boolean_aggregates
SELECT min(b) AS a, max(b) AS c, count(b) AS d, count_if(b) AS e, count_if(NOT b) AS f FROM nums;
-- case: distinct_order (ordered)
SELECT DISTINCT dept FROM emp ORDER BY dept DESC;
-- case: distinct_nulls
SELECT count(DISTINCT boss) AS a, count(DISTINCT dept, boss) AS b, count(DISTINCT NULL) AS c FROM emp;
-- case: distinct_zero
SELECT count(*) AS n FROM (SELECT DISTINCT x FROM VALUES (0.0D), (-0.0D) AS t(x));
-- case: group_by_double
SELECT x, count(*) AS n FROM VALUES (CAST('NaN' AS DOUBLE)), (CAST('NaN' AS DOUBLE)), (1D) AS t(x) GROUP BY x;
-- case: union_arrays
SELECT array(1) AS a UNION ALL SELECT array(2L) UNION ALL SELECT NULL;
-- case: union_structs
SELECT named_struct('x', 1, 'y', 'a') AS s UNION ALL SELECT named_struct('x', 2L, 'y', 'b');
-- case: union_decimals
SELECT CAST(1 AS DECIMAL(5,1)) AS d UNION ALL SELECT CAST(2 AS DECIMAL(8,4)) UNION ALL SELECT 3D;
-- case: cte_types
WITH a(x) AS (SELECT 1 UNION ALL SELECT 2.5), b AS (SELECT x + 1 AS y, x / 2 AS z FROM a) SELECT * FROM b;
-- case: dates_far
SELECT DATE '0001-01-01' AS a, DATE '9999-12-31' AS b, year(DATE '0001-01-01') AS c, datediff(DATE '9999-12-31', DATE '0001-01-01') AS d, date_add(DATE '1582-10-04', 1) AS e, dayofweek(DATE '1969-12-31') AS f;
-- case: week_of_year
SELECT d, weekofyear(d) AS w, extract(YEAROFWEEK FROM d) AS y, date_trunc('WEEK', d) AS m FROM VALUES (DATE '2021-01-03'), (DATE '2020-12-31'), (DATE '2024-12-30'), (DATE '2016-01-01') AS t(d);
-- case: month_ends
SELECT add_months(d, 1) AS a, d + INTERVAL 1 MONTH AS b, d - INTERVAL 1 YEAR AS c, last_day(d) AS e, add_months(d, -13) AS f, months_between(d, DATE '2024-02-29') AS g FROM VALUES (DATE '2024-01-31'), (DATE '2024-02-29'), (DATE '2023-02-28'), (DATE '2024-03-30') AS t(d);
-- case: negative_epochs
SELECT unix_seconds(ts) AS a, unix_millis(ts) AS b, CAST(ts AS BIGINT) AS c, date_trunc('HOUR', ts) AS d, CAST(ts AS DATE) AS e, hour(ts) AS f FROM VALUES (TIMESTAMP '1969-12-31 23:59:59.5'), (TIMESTAMP '1900-01-01 00:00:00.000001') AS t(ts);
-- case: timestamp_minus
SELECT timestampdiff(SECOND, a, b) AS s, timestampdiff(DAY, a, b) AS d, timestampdiff(MONTH, a, b) AS m, datediff(b, a) AS dd, months_between(b, a) AS mb FROM VALUES (TIMESTAMP '2024-01-31 12:00:00', TIMESTAMP '2024-02-29 11:59:59'), (TIMESTAMP '2024-02-29 12:00:00', TIMESTAMP '2024-01-31 11:59:59'), (TIMESTAMP '2023-12-15 00:00:00', TIMESTAMP '2024-12-15 00:00:00') AS t(a, b);
-- case: regex_classes
SELECT 'foo123' RLIKE '^\\w+$' AS a, 'a.b' RLIKE 'a\\.b' AS b, 'tab\t' RLIKE '\\s' AS c, regexp_replace('a.b.c', '\\.', '-') AS d, regexp_replace('aaa', 'a', 'b') AS e, regexp_extract('k=v', '(\\w)=(\\w)', 2) AS f, regexp_replace('x', 'x', '\\$1') AS g, r'a\d' AS h, 'A' RLIKE '(?i)a' AS i;
-- case: like_specials
SELECT 'a%b' LIKE 'a\\%b' AS a, 'axb' LIKE 'a\\%b' AS b, 'a_b' LIKE 'a\\_b' AS c, 'line1\nline2' LIKE 'line%2' AS d, '100%' LIKE '100!%' ESCAPE '!' AS e, NULL LIKE 'a' AS f, 'a' LIKE NULL AS g, 'ab' LIKE 'a_' AS h;
-- case: split_kept_empties
SELECT split(',a,,b,', ',') AS a, split('aXbXc', 'X') AS b, split('a  b', ' ') AS c, split('a1b22c', '[0-9]+') AS d, size(split('', ',')) AS e;
-- case: substring_unicode
SELECT substring('héllo', 2, 3) AS a, length('日本語') AS b, left('日本語', 2) AS c, reverse('añb') AS d, instr('日本語', '語') AS e, upper('straße') = upper('STRASSE') OR true AS f, lpad('é', 3, '*') AS g, initcap('élan vital') AS h;
-- case: trim_kinds
SELECT trim('  a\n ') AS a, length(trim('\t a \t')) AS b, ltrim('x', 'xxa') AS c, rtrim('a ', ' ba a ') AS d, btrim('  a  ') AS e;
-- case: map_integer_keys
SELECT map(1, 'a', 2, 'b')[2] AS a, element_at(map(1, 'a'), 9) AS b, map(1, 'a', 2, 'b')[1L] AS c, map_keys(map(1.5, 2)) AS d;
-- case: array_by_expression
SELECT a[size(a) - 1] AS x, a[id - 1] AS y, array(10, 20, 30)[id] AS z FROM nested WHERE id = 1;
-- case: struct_in_struct
SELECT s.a.b AS x, s.a AS y, s.c[0].d AS z FROM (SELECT named_struct('a', named_struct('b', 1), 'c', array(named_struct('d', 'q'))) AS s);
-- case: struct_of_columns (names)
SELECT struct(id, name) AS s, struct(id, name).name AS n FROM emp WHERE id = 1;
-- case: nested_functions
SELECT upper(concat(substring(name, 1, 1), lower(substring(name, 2)))) AS a, coalesce(nullif(trim(dept), ''), 'none') AS b, round(coalesce(salary, 0) / greatest(id, 1), 2) AS c FROM emp;
-- case: window_over_decimal
SELECT id, sum(m) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS a, avg(m) OVER () AS b, m / sum(m) OVER () AS c, rank() OVER (ORDER BY m DESC) AS d FROM nums;
-- case: window_dates
SELECT id, datediff(d, lag(d) OVER (ORDER BY d)) AS gap, lead(ts) OVER (ORDER BY ts) AS nxt, first_value(d) OVER (ORDER BY d NULLS LAST) AS f FROM times;
-- case: aggregates_over_dates
SELECT min(d) AS a, max(ts) AS b, count(DISTINCT year(d)) AS c, datediff(max(d), min(d)) AS e, max(d) - INTERVAL 1 DAY AS f, collect_set(month(d)) IS NOT NULL AS g FROM times;
-- case: filter_on_null
SELECT count(*) AS n FROM emp WHERE NOT (dept = 'it');
-- case: not_in_list_null
SELECT id FROM emp WHERE dept NOT IN ('it', 'ops');
-- case: or_null
SELECT id, dept = 'it' OR salary > 60 AS a, dept = 'it' AND salary > 60 AS b FROM emp;
-- case: having_count_distinct
SELECT dept FROM emp GROUP BY dept HAVING count(DISTINCT salary) >= 1 ORDER BY dept NULLS LAST;
-- case: left_join_where
SELECT e.id, d.budget FROM emp e LEFT JOIN dept d ON e.dept = d.dept WHERE d.budget IS NULL;
-- case: join_on_expression
SELECT a.id, b.id AS bid FROM emp a JOIN emp b ON upper(a.dept) = upper(b.dept) AND a.id + 1 = b.id;
-- case: join_using_types
SELECT k, x, y FROM VALUES (1, 'a'), (2, 'b') AS t(k, x) JOIN VALUES (1L, 'c'), (3L, 'd') AS u(k, y) USING (k);
-- case: correlated_exists_or
SELECT d.dept FROM dept d WHERE EXISTS (SELECT 1 FROM emp e WHERE e.dept = d.dept AND e.salary > 85) OR d.budget IS NULL;
-- case: scalar_in_case
SELECT id, CASE WHEN salary > (SELECT avg(salary) FROM emp) THEN 'above' ELSE 'below' END AS c FROM emp WHERE salary IS NOT NULL;
-- case: in_with_tuple_query
SELECT id FROM emp WHERE (dept, salary) IN (SELECT dept, max(salary) FROM emp GROUP BY dept);
-- case: limit_zero
SELECT id FROM emp LIMIT 0;
-- case: empty_values
SELECT sum(x) AS a, count(x) AS b, max(x) AS c FROM (SELECT 1 AS x WHERE false);
-- case: sum_nulls_only
SELECT sum(CAST(NULL AS INT)) AS a, avg(CAST(NULL AS DOUBLE)) AS b, count(CAST(NULL AS INT)) AS c, sum(NULL) AS d, max(NULL) AS e;
-- case: string_numbers_order (ordered)
SELECT u FROM texts ORDER BY TRY_CAST(u AS INT) NULLS LAST, u;
-- case: percentile_small
SELECT percentile(x, 0.0) AS a, percentile(x, 1.0) AS b, percentile(x, 0.333) AS c, median(x) AS d, percentile_approx(x, 0.25) AS e, percentile_approx(x, 0.75) AS f, percentile_approx(x, 1.0) AS g FROM VALUES (10), (20), (30), (40) AS t(x);
-- case: percentile_approx_many
SELECT percentile_approx(id, 0.5) AS a, percentile_approx(id, array(0.1, 0.9, 0.99)) AS b, percentile(id, 0.95) AS c FROM range(1, 1001);
-- case: regr_constants
SELECT regr_slope(y, x) AS a, regr_r2(y, x) AS b, regr_intercept(y, x) AS c, covar_pop(y, x) AS d FROM VALUES (1, 5), (2, 5) AS t(y, x);
-- case: stddev_of_constant
SELECT stddev(x) AS a, var_pop(x) AS b, kurtosis(x) AS c FROM VALUES (5), (5), (5) AS t(x);
-- case: large_sums
SELECT sum(x) AS a, avg(x) AS b FROM VALUES (1e308), (1e308), (-1e308) AS t(x);
-- case: explode_nested
SELECT id, k, e FROM (SELECT 1 AS id, map('a', array(1, 2), 'b', array(3)) AS m) LATERAL VIEW explode(m) t AS k, v LATERAL VIEW explode(v) u AS e;
-- case: explode_with_others
SELECT id, upper(x) AS u, st.y FROM nested LATERAL VIEW OUTER explode(sa) t AS x WHERE x IS NULL OR x <> 'b';
-- case: transform_with_case
SELECT transform(a, x -> CASE WHEN x > 1 THEN 'big' WHEN x IS NULL THEN 'none' ELSE 'small' END) AS t, aggregate(filter(a, x -> x IS NOT NULL), 0, (s, x) -> s + x) AS s FROM nested;
-- case: to_date_column
SELECT to_date(tss) AS a, to_timestamp(tss) AS b, date_format(to_date(ds), 'yyyy/MM') AS c FROM times WHERE id IN (1, 2, 4, 6);
-- case: casts_in_filter
SELECT id FROM nums WHERE CAST(m AS STRING) LIKE '%.34' OR CAST(d AS INT) = -7;
-- case: implicit_int_argument
SELECT date_add(DATE '2024-01-01', id) AS a, repeat('x', id) AS b, substring('abcdef', id) AS c, lpad(name, id + 3, '.') AS d FROM emp;
-- case: long_where_int_wanted
SELECT date_add(DATE '2024-01-01', salary) FROM emp;
-- case: double_where_int_wanted
SELECT repeat('x', 2.5D);
-- case: hex_of_negative
SELECT hex(-1) AS a, bin(-1) AS b, hex(X'00FF') AS c, bit_count(-1) AS d, ~0 AS e, -1 & 255 AS f, bit_count(255L) AS g;
-- case: round_halves
SELECT round(0.5) AS a, round(1.5) AS b, round(-0.5) AS c, round(0.15D, 1) AS d, round(0.25D, 1) AS e, round(0.35D, 1) AS f, round(1e-10, 5) AS g, round(123.456D, -1) AS h, ceil(-1.5) AS i, floor(-1.5D) AS j, round(5.55D, 1) AS k;
-- case: order_by_case (ordered)
SELECT name FROM emp ORDER BY CASE dept WHEN 'hr' THEN 1 WHEN 'it' THEN 2 ELSE 3 END, name;
-- case: alias_of_aggregate_order (ordered)
SELECT dept, count(*) AS c, sum(salary) AS s FROM emp GROUP BY dept ORDER BY c DESC, s DESC NULLS LAST, dept;
-- case: group_by_null_key
SELECT dept, boss, count(*) AS n FROM emp GROUP BY dept, boss;
-- case: grouping_order (ordered)
SELECT coalesce(dept, 'all') AS d, count(*) AS n FROM emp WHERE dept IS NOT NULL GROUP BY ROLLUP (dept) ORDER BY n DESC, d;
-- case: star_twice (names)
SELECT *, * FROM dept WHERE dept = 'it';
-- case: sequence_days_count
SELECT count(*) AS n, min(d) AS a, max(d) AS b FROM (SELECT explode(sequence(DATE '2024-01-01', DATE '2024-12-31')) AS d);
