-- Literals and their types.
-- case: numbers
SELECT 1 AS a, 2147483647 AS b, 2147483648 AS c, 1L AS d, 1S AS e, 1Y AS f, 1.5 AS g, .5 AS h, 1. AS i, 1.50 AS j, 1e3 AS k, 1.5D AS l, 1.5F AS m, 1.5BD AS n, 00012 AS o, 0.05 AS p;
-- case: big_number
SELECT 99999999999999999999 AS a, 12345678901234567890.12 AS b, -5 AS c, - 5L AS d, -1.5 AS e;
-- case: strings
SELECT 'it''s' AS a, "double ""q"" quoted" AS b, 'a' 'b' "c" AS c, r'a\n' AS d, 'tab\there' AS e, '\u00e9\U0001F600' AS f, '\101' AS g, 'a\qb' AS h, "it's" AS i, '' AS j;
-- case: like_escapes_in_string
SELECT 'a\%b' AS a, 'a\_b' AS b, length('a\%b') AS c;
-- case: booleans_and_null
SELECT true AS a, FALSE AS b, NULL AS c, true AND NULL AS d, false AND NULL AS e, true OR NULL AS f, NOT NULL AS g, !true AS h;
-- case: dates
SELECT DATE '2024-02-29' AS a, DATE'2024-2-9' AS b, DATE '2024' AS c, DATE '2024-05' AS d, TIMESTAMP '2024-02-29 01:02:03' AS e, TIMESTAMP'2024-02-29' AS f, TIMESTAMP '2024-02-29T01:02:03.5Z' AS g, TIMESTAMP '2024-02-29 01:02:03+02:00' AS h;
-- case: binary
SELECT X'1F2a' AS a, hex(X'00ff') AS b, CAST('abc' AS BINARY) AS c;
-- case: nested_comment /* outer /* inner */ */
SELECT 1 /* a /* b */ c */ AS x -- end ' of line
;
-- case: typeof
SELECT typeof(1) AS a, typeof(1L) AS b, typeof('x') AS c, typeof(1.50) AS d, typeof(array(1)) AS e, typeof(map('a', 1.5)) AS f, typeof(named_struct('a', 1, 'b', array('x'))) AS g, typeof(DATE '2020-01-01') AS h, typeof(NULL) AS i;
-- case: values_rows
SELECT * FROM VALUES (1, 'a', 1.5), (2L, 'b', 2), (NULL, NULL, NULL) AS t(x, y, z);
-- case: values_alone
VALUES (1, 'a'), (2, 'b');
-- case: values_single
SELECT col1 FROM VALUES 1, 2, 3;
-- case: array_literal_types
SELECT array(1, 2.5) AS a, array('1', 2) AS b, array(1, 2L) AS c, array(NULL, 1) AS d, array() AS e;
