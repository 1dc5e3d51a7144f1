-- Decimals: types of results as Spark's.
-- case: plus_minus
SELECT m + m AS a, m - 1 AS b, m + 1.5 AS c, 1.5 + 2 AS d, 1.5 + 2L AS e, i + 1.5 AS f, m + i AS g, w + w AS h FROM nums WHERE id IN (1, 2);
-- case: times
SELECT m * m AS a, m * 2 AS b, m * 1.5 AS c, 1.5 * 2 AS d, m * i AS e, CAST(m AS DECIMAL(18,6)) * CAST(m AS DECIMAL(18,6)) AS f FROM nums WHERE id IN (1, 2);
-- case: divide
SELECT m / 3 AS a, m / m AS b, 1.5 / 2 AS c, 10 / 3.0 AS d, CAST(1 AS DECIMAL(38,18)) / CAST(3 AS DECIMAL(38,18)) AS e, m / 7 AS f, 1.00 / 3 AS g FROM nums WHERE id IN (1, 2);
-- case: divide_by_zero
SELECT m / 0 FROM nums WHERE id = 1;
-- case: divide_by_zero_column
SELECT 1.5 / m FROM nums WHERE id = 3;
-- case: modulo
SELECT m % 5 AS a, m % 0.3 AS b, 7.5 % 2 AS c FROM nums WHERE id IN (1, 2);
-- case: with_double
SELECT m * 2e0 AS a, m + d AS b, m / d AS c, m > d AS e FROM nums WHERE id IN (1, 2);
-- case: sums
SELECT sum(m) AS a, avg(m) AS b, sum(m) / count(*) AS c, min(m) AS d, max(m) AS e, sum(1.5) AS f, avg(1.50) AS g, sum(m * 2) AS h FROM nums;
-- case: avg_wide
SELECT avg(w) AS a, sum(w) AS b FROM nums WHERE id < 4;
-- case: avg_grouped
SELECT b, avg(m) AS a, sum(m) AS s FROM nums GROUP BY b;
-- case: avg_empty
SELECT avg(m) AS a, sum(m) AS b FROM nums WHERE id > 99;
-- case: avg_window
SELECT id, avg(m) OVER (ORDER BY id) AS a, sum(m) OVER (ORDER BY id) AS b FROM nums;
-- case: avg_filter_distinct
SELECT avg(m) FILTER (WHERE id > 1) AS a, avg(DISTINCT m) AS b, sum(DISTINCT m) FILTER (WHERE id < 3) AS c FROM nums;
-- case: common_types
SELECT coalesce(m, 0) AS a, coalesce(m, 1.5) AS b, CASE WHEN id = 1 THEN m ELSE 0 END AS c, if(id = 1, m, 2.5D) AS d, nullif(m, 0) AS e, coalesce(NULL, 1.5, 2) AS f FROM nums;
-- case: compare
SELECT m = 12.34 AS a, m > 12 AS b, m BETWEEN 0 AND 12.5 AS c, m IN (12.34, 1) AS d, w = 0.123456789012345678 AS e FROM nums;
-- case: casts
SELECT CAST(1.005D AS DECIMAL(4,2)) AS a, CAST('1.555' AS DECIMAL(3,2)) AS b, CAST(m AS INT) AS c, CAST(-0.99 AS INT) AS d, CAST(12345 AS DECIMAL(7,2)) AS e, CAST(m AS DECIMAL(10,1)) AS f, CAST(m AS DOUBLE) AS g, CAST(m AS STRING) AS h, CAST(0.0000001 AS STRING) AS k FROM nums WHERE id < 3;
-- case: cast_overflow
SELECT CAST(12345 AS DECIMAL(4,2));
-- case: functions
SELECT abs(m) AS a, ceil(m) AS b, floor(m) AS c, sign(m) AS d, round(m) AS e, greatest(m, 0) AS f, -m AS g, sqrt(m * m) AS h FROM nums WHERE id < 3;
-- case: union_widens
SELECT 1.5 AS x UNION ALL SELECT 100 UNION ALL SELECT 2.25 UNION ALL SELECT NULL;
-- case: money_query
SELECT dept, sum(salary) * 1.1 AS raised, sum(salary) / 12.0 AS monthly FROM emp WHERE salary IS NOT NULL GROUP BY dept;
-- case: sum_of_product_with_cast
SELECT sum(CAST(w AS DECIMAL(18,6)) * CAST(m AS DECIMAL(18,6))) AS a FROM nums WHERE id < 4;
-- case: try_divide
SELECT try_divide(m, 0) AS a, try_divide(m, 2) AS b FROM nums WHERE id = 1;
-- case: wide_products
SELECT id, w * w AS a, w * 2 AS b, w * m AS c, w * -1.5 AS e, CAST(m AS DECIMAL(38,18)) * CAST(0.55 AS DECIMAL(38,18)) AS f FROM nums WHERE id < 5;
-- case: wide_product_overflow
SELECT w * w AS a FROM nums WHERE id = 5;
-- case: sum_of_wide_products
SELECT sum(w * m) AS a FROM nums WHERE id < 5;
-- case: divide_then_times
SELECT l / m * 100 AS a, round(l / m * 100, 2) AS b FROM nums WHERE id = 1;
-- case: corr_of_constant
SELECT corr(x, y) AS a FROM VALUES (1, 1), (1, 2) AS t(x, y);
