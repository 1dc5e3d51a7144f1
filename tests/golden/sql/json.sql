-- JSON.
-- case: get
SELECT id, get_json_object(j, '$.a') AS a, get_json_object(j, '$.b.c[1]') AS b, get_json_object(j, '$.b') AS c, get_json_object(j, '$.n') AS d, get_json_object(j, '$.nope') AS e, get_json_object(j, '$.t') AS f, get_json_object(j, '$.d') AS g, get_json_object(j, '$[1]') AS h FROM texts;
-- case: lengths
SELECT id, json_array_length(j) AS a, json_object_keys(j) AS b FROM texts;
-- case: to_json
SELECT to_json(named_struct('a', 1, 'b', NULL, 'c', 1.5D, 'd', TIMESTAMP '2024-01-01 01:02:03.5', 'e', DATE '2024-01-01', 'f', array(1, NULL), 'g', map('k', 2), 'h', 'q"uote', 'i', true, 'k', 1.50, 'l', 1e10)) AS a, to_json(array(1, 2)) AS b, to_json(map('a', 1)) AS c, to_json(struct(st.x, st.y)) AS d FROM nested WHERE id IN (1, 2);
-- case: to_json_columns
SELECT id, to_json(st) AS a, to_json(a) AS b, to_json(ast) AS c FROM nested;
-- case: to_json_nested
SELECT to_json(map('a', array(named_struct('x', 1.5D, 'y', map('k', array(named_struct('z', 'q"')), 'n', NULL)), NULL), 'b', array(), 'c', NULL)) AS a, to_json(array(map('k', array(1.5D, NULL)), map(), NULL)) AS b, to_json(named_struct('a', array(array(named_struct('p', 1D)), array()), 'm', map('k', named_struct('n', CAST(NULL AS INT))))) AS c, to_json(CAST(NULL AS MAP<STRING, STRUCT<a: ARRAY<STRUCT<b: INT>>>>)) AS d, to_json(CAST(NULL AS ARRAY<STRUCT<b: INT>>)) AS e;
-- case: to_json_doubles
SELECT to_json(array(double('NaN'), double('Infinity'), double('-Infinity'), 0D, -0.5D, 1e-5D, 12345678.9D, NULL)) AS a;
-- case: from_json
SELECT id, from_json(j, 'a INT, s STRING, d DOUBLE, t BOOLEAN').a AS a, from_json(j, 'b STRUCT<c: ARRAY<INT>>').b.c AS b, from_json(j, 'n STRING, s STRING').s AS c FROM texts WHERE id IN (1, 4, 5, 6);
-- case: from_json_bad
SELECT from_json('bad', 'a INT') AS a, from_json(NULL, 'a INT') AS b, from_json('[1,2]', 'ARRAY<INT>') AS c, from_json('{"x":1,"y":2}', 'MAP<STRING, INT>') AS d, from_json('{"a":"x"}', 'a INT') AS e;
-- case: from_json_dates
SELECT from_json('{"d":"2024-01-02","ts":"2024-01-02T03:04:05Z","l":123456789012,"m":1.25}', 'd DATE, ts TIMESTAMP, l BIGINT, m DECIMAL(5,2)') AS a;
-- case: round_trip
SELECT from_json(to_json(named_struct('a', 1, 'b', array('x', 'y'))), 'a INT, b ARRAY<STRING>') AS a;
