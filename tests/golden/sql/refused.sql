-- What must be an error of the rewriter, with its place and text.
-- case: variant_path
-- error: 1:9: the JSON path operator : is not supported
SELECT s:a FROM texts;
-- case: time_travel
-- error: 1:20: time travel is not supported
SELECT * FROM nums VERSION AS OF 1;
-- case: sample
-- error: 1:20: TABLESAMPLE is not supported
SELECT * FROM nums TABLESAMPLE (10 PERCENT);
-- case: random
-- error: 1:8: function rand is not supported
SELECT rand();
-- case: unknown_function
-- error: 1:8: unknown function uppr; did you mean upper?
SELECT uppr('x');
-- case: unknown_column
-- error: 1:8: unknown column salry; did you mean salary?
SELECT salry FROM emp;
-- case: unknown_table
-- error: 1:15: unknown table nowhere
SELECT 1 FROM nowhere;
-- case: unknown_field
-- error: 1:8: unknown field z of STRUCT<x: INT, y: STRING>
SELECT st.z FROM nested;
-- case: duckdb_function
-- error: 1:8: unknown function read_csv
SELECT read_csv('/etc/passwd');
-- case: duckdb_file
-- error: 1:15: expected
SELECT * FROM '/etc/passwd';
-- case: duckdb_table_function
-- error: 1:15: unknown function read_text
SELECT * FROM read_text('/etc/passwd');
-- case: duckdb_slice
-- error: 1:11: the JSON path operator : is not supported
SELECT a[1:2] FROM nested;
-- case: duckdb_exclude
-- error: 1:10: expected the end of the statement, found EXCLUDE
SELECT * EXCLUDE (id) FROM emp;
-- case: duckdb_macro
-- error: 1:8: unknown function dbx_divide
SELECT dbx_divide(1, 2);
-- case: overwrite
-- error: 1:8: INSERT OVERWRITE is not supported
INSERT OVERWRITE emp SELECT * FROM emp;
-- case: lookahead
-- error: 1:36: look-around in a pattern is not supported
SELECT id FROM texts WHERE s RLIKE '(?=x)';
-- case: missing_group
-- error: 1:26: pattern has 0 groups, not 1
SELECT regexp_extract(s, 'abc') FROM texts;
-- case: java_pattern
-- error: 1:24: date pattern with q is not supported
SELECT date_format(ts, 'q') FROM times;
-- case: interval_mix
-- error: 1:8: bad interval
SELECT INTERVAL 1 MONTH 2 DAYS;
-- case: bad_date
-- error: 1:8: DATE '2024-13-01' is not a date
SELECT DATE '2024-13-01';
-- case: unnamed_parameter
-- error: 1:8: an unnamed parameter ? is not supported
SELECT ?;
-- case: union_by_name
-- error: 1:25: UNION BY NAME is not supported
SELECT 1 AS a UNION ALL BY NAME SELECT 2 AS a;
-- case: identity
-- error: 1:46: an IDENTITY column is not supported
CREATE TABLE x (a BIGINT GENERATED ALWAYS AS IDENTITY);
-- case: clock_in_default
-- error: 1:37: current_timestamp is not supported in a DEFAULT or CHECK
CREATE TABLE x (a TIMESTAMP DEFAULT current_timestamp());
-- case: two_values
-- error: 1:20: a subquery used as a value must have one column, this has 2
SELECT 1 WHERE 1 = (SELECT 1, 2);
-- case: string_into_int
-- error: 1:22: STRING cannot be written to column id of type INT
INSERT INTO emp (id) SELECT 'x';
-- case: shift
-- error: 1:8: operator << is not supported
SELECT 1 << 2;
-- case: hive_from
-- error: 1:1: FROM before SELECT is not supported
FROM emp SELECT id;
-- case: join_without_condition
-- error: 1:24: join without a condition is not supported
SELECT * FROM emp JOIN dept;
-- case: grant
-- error: 1:1: GRANT is not supported here
GRANT SELECT ON t TO me;
-- case: procedural
-- error: 1:1: BEGIN .. END blocks are not supported
BEGIN SELECT 1; END;
-- case: second_line
-- error: 3:5: unknown column nme; did you mean name?
SELECT id,
    salary,
    nme
FROM emp;
-- case: pivot_of_join
-- error: 1:45: PIVOT of a join is not supported
SELECT * FROM emp AS e CROSS JOIN dept AS d PIVOT (SUM(budget) FOR title IN ('Legal'));
-- case: pivot_of_pivot
-- error: 1:64: PIVOT of a PIVOT is not supported
SELECT * FROM emp PIVOT (SUM(salary) FOR dept IN ('it' AS it)) UNPIVOT (v FOR n IN (it));
-- case: pivot_value_without_name
-- error: 1:51: this value of PIVOT needs a name
SELECT * FROM emp PIVOT (SUM(salary) FOR boss IN (1 + 3));
-- case: pivot_window
-- error: 1:26: a window within PIVOT is not supported
SELECT * FROM emp PIVOT (SUM(SUM(salary)) OVER () FOR dept IN ('it'));
-- case: pivot_near_column
-- error: 1:19: unknown column dep; did you mean dept?
SELECT * FROM emp PIVOT (SUM(salary) FOR dep IN ('it'));
-- case: unpivot_expression
-- error: 1:40: UNPIVOT takes columns
SELECT * FROM emp UNPIVOT (v FOR n IN (id + 1));
-- case: subquery_in_outer_join
-- error: 1:38: a subquery in this condition of an outer, semi or anti join is not supported
SELECT * FROM emp LEFT JOIN dept ON (EXISTS (SELECT 1));
-- case: subquery_of_the_kept_side
-- error: 1:67: a subquery in this condition of an outer, semi or anti join is not supported
SELECT * FROM emp AS e FULL JOIN dept AS d ON e.dept = d.dept AND d.budget > (SELECT 1);
