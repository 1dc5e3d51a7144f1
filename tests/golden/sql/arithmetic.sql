-- Arithmetic, its types and its errors.
-- case: types_of_plus
SELECT id, t + t AS a, s - s AS b, i * 2 AS c, l + 1 AS d, t + s AS e, s + 1 AS f, t + 1L AS g FROM nums WHERE id < 4;
-- case: plus_small_overflow
SELECT t + t FROM nums WHERE id = 5;
-- case: plus_int_overflow
SELECT i + 1 FROM nums WHERE id = 5;
-- case: plus_long_overflow
SELECT l + 1 FROM nums WHERE id = 5;
-- case: times_overflow
SELECT i * i FROM nums WHERE id = 5;
-- case: small_plus_literal
SELECT t + 1 AS a, s + 1 AS b FROM nums WHERE id = 5;
-- case: division
SELECT id, i / 7 AS a, l / 3 AS b, d / 3 AS c, t / s AS e, 1 / 3 AS f FROM nums WHERE id IN (1, 2);
-- case: division_by_zero
SELECT i / t FROM nums WHERE id = 3;
-- case: division_by_zero_literal
SELECT 1 / 0;
-- case: double_division_by_zero
SELECT d / 0 FROM nums WHERE id = 1;
-- case: null_by_zero
SELECT NULL / 0 AS a, CAST(NULL AS INT) / 0 AS b, i / 0 AS c FROM nums WHERE id = 4;
-- case: modulo
SELECT id, i % 7 AS a, l % 7 AS b, d % 2 AS c, -7 % 3 AS e, 7 % -3 AS f, pmod(-7, 3) AS g, pmod(7, -3) AS h, mod(7, 4) AS k FROM nums WHERE id IN (1, 2);
-- case: modulo_by_zero
SELECT i % 0 FROM nums WHERE id = 1;
-- case: div
SELECT 7 DIV 2 AS a, -7 DIV 2 AS b, 7 DIV -2 AS c, i DIV 7 AS d, l DIV 3 AS e FROM nums WHERE id = 1;
-- case: div_by_zero
SELECT 7 DIV 0;
-- case: bitwise
SELECT 5 & 3 AS a, 5 | 3 AS b, 5 ^ 3 AS c, ~5 AS d, bit_count(7) AS e, t & s AS f FROM nums WHERE id = 1;
-- case: unary
SELECT -i AS a, +i AS b, -d AS c, -m AS d, - - 5 AS e, negative(i) AS f FROM nums WHERE id = 2;
-- case: precedence
SELECT 1 + 2 * 3 AS a, (1 + 2) * 3 AS b, 10 - 2 - 3 AS c, 2 + 3 || 'x' AS d, 1 + 1 = 2 AS e, NOT 1 = 2 AS f, 5 & 3 + 1 AS g, 1 | 2 ^ 3 AS h;
-- case: strings_as_numbers
SELECT '5' + 1 AS a, '5' * 1.5 AS b;
-- case: string_times_double
SELECT '1.5' * 2e0 AS a, u + 1 AS b FROM texts WHERE id = 1;
-- case: bad_string_as_number
SELECT 'abc' + 1;
-- case: string_plus_string
SELECT '1' + '2';
-- case: float_mixes
SELECT f + i AS a, f + f AS b, f + d AS c, f * 2 AS e, f / 2 AS g FROM nums WHERE id = 1;
-- case: functions
SELECT abs(-5) AS a, abs(-1.5) AS b, ceil(2.1) AS c, floor(-2.1) AS d, ceil(2.1D) AS e, floor(d) AS f, ceil(i) AS g, sign(-3) AS h, sqrt(16) AS k, cbrt(27) AS l, pow(2, 10) AS m, exp(0) AS n, ln(1) AS o, log10(1000) AS p, log2(8) AS q, log(2, 8) AS r FROM nums WHERE id = 2;
-- case: nulls_of_logarithms
SELECT ln(0) AS a, ln(-1) AS b, log10(0) AS c, log(-1, 8) AS d, sqrt(-1) AS e;
-- case: round_whole
SELECT round(1250, -2) AS a, round(-1250, -2) AS b, round(5) AS c, round(12345L, -3) AS d;
-- case: round_decimal
SELECT round(2.5) AS a, round(-2.5) AS b, round(2.345, 2) AS c, round(2.345, 5) AS d, round(1234.567, -2) AS e, round(m, 1) AS f FROM nums WHERE id = 1;
-- case: round_double
SELECT round(2.5D) AS a, round(1.005D, 2) AS b, round(-1.005D, 2) AS c, round(0.5D) AS d, round(1e20, 2) AS e, round(2.675D, 2) AS f, round(d, 1) AS g FROM nums WHERE id IN (1, 2);
-- case: trigonometry
SELECT sin(1) AS a, cos(1) AS b, tan(1) AS c, asin(0.5) AS d, acos(0.5) AS e, atan(1) AS f, atan2(1, 2) AS g, degrees(1) AS h, radians(90) AS k, pi() AS l, e() AS m, asin(2) AS n, sinh(1) AS o, hypot(3, 4) AS p;
-- case: greatest_least
SELECT greatest(1, 2.5, NULL) AS a, least(3, 1L, 2) AS b, greatest('b', 'a') AS c, least(NULL, NULL, 1) AS d, greatest(d, m) AS e FROM nums WHERE id = 1;
-- case: try_functions
SELECT try_divide(1, 0) AS a, try_divide(6, 4) AS b, try_add(2147483647, 1) AS c, try_add(1, 2) AS d, try_subtract(-2147483648, 1) AS e, try_multiply(9223372036854775807L, 2) AS f, try_divide(l, i) AS g FROM nums WHERE id IN (1, 3);
-- case: factorial_and_others
SELECT factorial(5) AS a, factorial(21) AS b, bin(10) AS c, hex(255) AS d, rint(2.5) AS e, rint(3.5) AS f, width_bucket(5.3, 0.2, 10.6, 5) AS g, bit_get(5, 2) AS h, nanvl(CAST('NaN' AS DOUBLE), 1) AS k, isnan(CAST('NaN' AS DOUBLE)) AS l;
