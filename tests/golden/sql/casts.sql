-- CAST, TRY_CAST and ::, with ANSI errors.
-- case: to_int
SELECT CAST('42' AS INT) AS a, CAST(' 42 ' AS BIGINT) AS b, CAST(2.7 AS INT) AS c, CAST(-2.7D AS BIGINT) AS d, CAST(true AS INT) AS e, '7'::int AS f, int('8') AS g, CAST('-5' AS SMALLINT) AS h, CAST('+5' AS TINYINT) AS k;
-- case: fraction_to_int
SELECT CAST('2.7' AS INT);
-- case: underscore_to_int
SELECT CAST('1_000' AS INT);
-- case: word_to_int
SELECT CAST('abc' AS BIGINT);
-- case: empty_to_int
SELECT CAST('' AS INT);
-- case: out_of_range
SELECT CAST(300 AS TINYINT);
-- case: out_of_range_text
SELECT CAST('3000000000' AS INT);
-- case: double_out_of_range
SELECT CAST(1e10 AS INT);
-- case: nan_to_int
SELECT CAST(CAST('NaN' AS DOUBLE) AS INT);
-- case: try_to_int
SELECT id, TRY_CAST(u AS INT) AS a, TRY_CAST(u AS DOUBLE) AS b, TRY_CAST(u AS BOOLEAN) AS c, try_cast(s AS DATE) AS d FROM texts;
-- case: try_out_of_range
SELECT TRY_CAST(300 AS TINYINT) AS a, TRY_CAST(1e10 AS INT) AS b, TRY_CAST('2024-13-01' AS DATE) AS d;
-- case: to_double
SELECT CAST('1.5' AS DOUBLE) AS a, CAST('1e3' AS DOUBLE) AS b, CAST(' -2.5 ' AS DOUBLE) AS c, CAST('NaN' AS DOUBLE) AS d, CAST('Infinity' AS DOUBLE) AS e, CAST('-inf' AS DOUBLE) AS f, CAST(5 AS DOUBLE) AS g, double('0.1') AS h, CAST(1.5 AS FLOAT) AS k;
-- case: bad_double
SELECT CAST('1_0.5' AS DOUBLE);
-- case: to_string
SELECT CAST(1 AS STRING) AS a, CAST(1.50 AS STRING) AS b, CAST(1e10 AS STRING) AS c, CAST(1.0D AS STRING) AS d, CAST(1e-5 AS STRING) AS e, CAST(123456789.123D AS STRING) AS f, CAST(0.001D AS STRING) AS g, CAST(1e7 AS STRING) AS h, CAST(true AS STRING) AS k, CAST(DATE '2024-01-05' AS STRING) AS l, CAST(TIMESTAMP '2024-01-05 01:02:03.450' AS STRING) AS m, CAST(TIMESTAMP '2024-01-05' AS STRING) AS n, CAST(0D AS STRING) AS o, CAST(-1.5e-10 AS STRING) AS p, CAST(float(0.1) AS STRING) AS q, CAST(9999999.0D AS STRING) AS r;
-- case: columns_to_string
SELECT id, CAST(f AS STRING) AS a, CAST(d AS STRING) AS b, CAST(m AS STRING) AS c, CAST(w AS STRING) AS e, string(l) AS g FROM nums;
-- case: special_doubles_to_string
SELECT CAST(CAST('NaN' AS DOUBLE) AS STRING) AS a, CAST(CAST('Infinity' AS DOUBLE) AS STRING) AS b, CAST(-CAST('Infinity' AS DOUBLE) AS STRING) AS c;
-- case: to_boolean
SELECT CAST('true' AS BOOLEAN) AS a, CAST('t' AS BOOLEAN) AS b, CAST('YES' AS BOOLEAN) AS c, CAST('0' AS BOOLEAN) AS d, CAST('n' AS BOOLEAN) AS e, CAST(0 AS BOOLEAN) AS f, CAST(2 AS BOOLEAN) AS g, CAST(0.5D AS BOOLEAN) AS h;
-- case: bad_boolean
SELECT CAST('maybe' AS BOOLEAN);
-- case: on_is_no_boolean
SELECT CAST('on' AS BOOLEAN);
-- case: to_date
SELECT id, CAST(ds AS DATE) AS a, CAST(ts AS DATE) AS b, date(tss) AS c, to_date(ds) AS e FROM times;
-- case: bad_date
SELECT CAST('2024-02-30' AS DATE);
-- case: bad_date_separator
SELECT CAST('2024/02/03' AS DATE);
-- case: bad_date_word
SELECT CAST('someday' AS DATE);
-- case: to_timestamp
SELECT id, CAST(ds AS TIMESTAMP) AS a, CAST(tss AS TIMESTAMP) AS b, CAST(d AS TIMESTAMP) AS c, timestamp(tss) AS e FROM times;
-- case: bad_timestamp
SELECT CAST('2024-02-30 10:00:00' AS TIMESTAMP);
-- case: timestamps_and_numbers
SELECT CAST(ts AS BIGINT) AS a, CAST(ts AS DOUBLE) AS b, CAST(0 AS TIMESTAMP) AS c, CAST(1.5D AS TIMESTAMP) AS e, CAST(1700000000L AS TIMESTAMP) AS f FROM times;
-- case: date_to_int
SELECT CAST(DATE '2024-01-01' AS INT);
-- case: nested
SELECT CAST(array(1, 2) AS ARRAY<STRING>) AS a, CAST(array('1', '2') AS ARRAY<INT>) AS b, CAST(named_struct('a', 1, 'b', 'x') AS STRUCT<a: BIGINT, b: STRING>) AS c, CAST(map('a', 1) AS MAP<STRING, DOUBLE>) AS d, CAST(array(1.7D) AS ARRAY<INT>) AS e;
-- case: binary
SELECT CAST('abc' AS BINARY) AS a, CAST(X'616263' AS STRING) AS b;
-- case: implicit_in_comparison
SELECT 1 = '1' AS a, DATE '2024-01-01' = '2024-01-01' AS b, TIMESTAMP '2024-01-01' > '2023-12-31' AS c, true = 'true' AS d, 1.5 < '2' AS e, DATE '2024-01-01' < TIMESTAMP '2024-01-01 00:00:01' AS f, 'a' < 'b' AS g;
-- case: implicit_bad
SELECT 1 = 'x';
-- case: implicit_date_column
SELECT id FROM times WHERE d >= '2024-01-31' AND ts < '2024-03-01' ORDER BY id;
-- case: implicit_string_column
SELECT id FROM texts WHERE id IN ('1', '2') AND u > 10;
-- case: boolean_and_int
SELECT true = 1;
