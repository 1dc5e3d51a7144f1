-- Tables that the cases read. Purpose: few rows with every trap: NULLs, negative numbers, month ends, empty arrays, ties.
CREATE TABLE nums (id INT, t TINYINT, s SMALLINT, i INT, l BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10,2), w DECIMAL(38,18), b BOOLEAN) USING PARQUET;
INSERT INTO nums VALUES
    (1, 1Y, 10S, 100, 1000L, CAST(1.5 AS FLOAT), 2.25D, 12.34, 0.123456789012345678, true),
    (2, -2Y, -20S, -200, -2000L, CAST(-0.5 AS FLOAT), -7.5D, -0.05, -1.5, false),
    (3, 0Y, 0S, 0, 0L, CAST(0 AS FLOAT), 0D, 0.00, 0, NULL),
    (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (5, 127Y, 32767S, 2147483647, 9223372036854775807L, CAST(3.25 AS FLOAT), 1.0E10D, 99999999.99, 12345678901234567890.123456789012345678, true);
CREATE TABLE texts (id INT, s STRING, u STRING, j STRING) USING PARQUET;
INSERT INTO texts VALUES
    (1, 'Hello World', '42', '{"a": 1, "b": {"c": [1, 2, 3]}, "s": "x", "n": null, "d": 1.5, "t": true}'),
    (2, '  padded  ', ' 7 ', '[1, 2, 3]'),
    (3, '', '3.7', 'not json'),
    (4, NULL, NULL, NULL),
    (5, 'a,b,,c', '-12', '{"a": "5", "b": [], "k": {"x": 1}}'),
    (6, 'Ünïcödé', '1e3', '{}'),
    (7, 'a_b%c\\d', 'true', '"text"');
CREATE TABLE times (id INT, d DATE, ts TIMESTAMP, ds STRING, tss STRING) USING PARQUET;
INSERT INTO times VALUES
    (1, DATE '2024-01-31', TIMESTAMP '2024-01-31 10:20:30.123456', '2024-01-31', '2024-01-31 10:20:30'),
    (2, DATE '2024-02-29', TIMESTAMP '2024-02-29 23:59:59', '2024-2-9', '2024-02-29T23:59:59Z'),
    (3, DATE '2023-12-31', TIMESTAMP '2023-12-31 00:00:00', '2023-12', '2023-12-31 00:00:00+02:00'),
    (4, NULL, NULL, NULL, NULL),
    (5, DATE '1969-07-20', TIMESTAMP '1969-07-20 20:17:40.5', '1969', '1969-07-20'),
    (6, DATE '2024-03-31', TIMESTAMP '2024-03-31 12:00:00', '2024-03-31T05:00', '2024-03-31 12:00');
CREATE TABLE nested (id INT, a ARRAY<INT>, sa ARRAY<STRING>, m MAP<STRING, INT>, st STRUCT<x: INT, y: STRING>, ast ARRAY<STRUCT<k: STRING, v: DOUBLE>>) USING PARQUET;
INSERT INTO nested VALUES
    (1, array(3, 1, 2), array('a', 'b'), map('x', 1, 'y', 2), named_struct('x', 1, 'y', 'one'), array(named_struct('k', 'p', 'v', 1.5D), named_struct('k', 'q', 'v', 2.5D))),
    (2, CAST(array() AS ARRAY<INT>), array('c', NULL, 'c'), map('x', 5), named_struct('x', 2, 'y', NULL), CAST(array() AS ARRAY<STRUCT<k: STRING, v: DOUBLE>>)),
    (3, array(1, NULL, 1), CAST(array() AS ARRAY<STRING>), CAST(map() AS MAP<STRING, INT>), NULL, array(named_struct('k', 'r', 'v', CAST(NULL AS DOUBLE)))),
    (4, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE emp (id INT, dept STRING, name STRING, salary BIGINT, hired DATE, boss INT) USING PARQUET;
INSERT INTO emp VALUES
    (1, 'it', 'Ann', 100, DATE '2020-01-15', NULL),
    (2, 'it', 'Bob', 80, DATE '2021-03-01', 1),
    (3, 'it', 'Cid', 80, DATE '2021-03-01', 1),
    (4, 'ops', 'Dan', 70, DATE '2019-07-31', 1),
    (5, 'ops', 'Eve', NULL, DATE '2022-11-11', 4),
    (6, NULL, 'Fay', 60, NULL, 9),
    (7, 'hr', 'Gus', 90, DATE '2018-05-05', 1);
CREATE TABLE dept (dept STRING, title STRING, budget DECIMAL(12,2)) USING PARQUET;
INSERT INTO dept VALUES ('it', 'Technology', 1000.50), ('ops', 'Operations', 250.25), ('law', 'Legal', NULL), (NULL, 'Nobody', 1.00);
