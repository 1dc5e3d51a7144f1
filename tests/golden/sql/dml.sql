-- Writing: each case makes its own tables; the last statement looks at the result.
-- case: insert
CREATE OR REPLACE TABLE w_insert (id INT, v STRING, n DECIMAL(10,2)) USING DELTA;
INSERT INTO w_insert VALUES (1, 'a', 1.5), (2, NULL, 2);
INSERT INTO w_insert (v, id) VALUES ('only', 3);
INSERT INTO w_insert SELECT id + 10, upper(v), n * 2 FROM w_insert WHERE id < 3;
SELECT * FROM w_insert;
-- case: insert_casts
CREATE OR REPLACE TABLE w_casts (i INT, l BIGINT, d DOUBLE, s STRING, dt DATE, ts TIMESTAMP, m DECIMAL(5,1)) USING DELTA;
INSERT INTO w_casts VALUES (1L, 2, 3, 4.5, TIMESTAMP '2024-01-02 03:04:05', DATE '2024-01-02', 1.26);
INSERT INTO w_casts SELECT 2.7, 3.2D, 1, DATE '2024-05-05', DATE '2024-05-05', TIMESTAMP '2024-05-05', 2;
SELECT * FROM w_casts;
-- case: insert_overflow
CREATE OR REPLACE TABLE w_over (i TINYINT) USING DELTA;
INSERT INTO w_over SELECT 300;
SELECT * FROM w_over;
-- case: insert_text_into_int
CREATE OR REPLACE TABLE w_text (i INT) USING DELTA;
INSERT INTO w_text SELECT s FROM texts;
SELECT * FROM w_text;
-- case: insert_too_many
CREATE OR REPLACE TABLE w_many (i INT) USING DELTA;
INSERT INTO w_many VALUES (1, 2);
SELECT * FROM w_many;
-- case: insert_by_name
CREATE OR REPLACE TABLE w_name (a INT, b STRING) USING DELTA;
INSERT INTO w_name BY NAME SELECT 'x' AS b, 1 AS a;
SELECT * FROM w_name;
-- case: insert_null_into_not_null
CREATE OR REPLACE TABLE w_nn (a INT NOT NULL) USING DELTA;
INSERT INTO w_nn VALUES (NULL);
SELECT * FROM w_nn;
-- case: insert_with
CREATE OR REPLACE TABLE w_with (a INT) USING DELTA;
INSERT INTO w_with WITH x AS (SELECT 5 AS a) SELECT a FROM x;
SELECT * FROM w_with;
-- case: create_as
CREATE OR REPLACE TABLE w_as USING DELTA AS SELECT id, name, salary / 3 AS third, round(salary, 0) AS r FROM emp WHERE id < 3;
SELECT * FROM w_as;
-- case: update
CREATE OR REPLACE TABLE w_upd (id INT, v STRING, n BIGINT) USING DELTA;
INSERT INTO w_upd VALUES (1, 'a', 10), (2, 'b', NULL), (3, 'c', 30);
UPDATE w_upd SET v = upper(v), n = n + 1 WHERE id > 1;
UPDATE w_upd AS u SET u.v = 'first' WHERE u.id = 1;
SELECT * FROM w_upd;
-- case: delete
CREATE OR REPLACE TABLE w_del (id INT, v STRING) USING DELTA;
INSERT INTO w_del VALUES (1, 'a'), (2, NULL), (3, 'c');
DELETE FROM w_del WHERE v IS NULL OR id > 2;
SELECT * FROM w_del;
-- case: delete_all
CREATE OR REPLACE TABLE w_all (id INT) USING DELTA;
INSERT INTO w_all VALUES (1);
DELETE FROM w_all;
SELECT count(*) AS n FROM w_all;
-- case: merge
CREATE OR REPLACE TABLE w_merge (id INT, v STRING, n BIGINT) USING DELTA;
INSERT INTO w_merge VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3), (NULL, 'z', 0);
MERGE INTO w_merge AS t USING (SELECT * FROM VALUES (2, 'B', 20), (4, 'D', 40), (NULL, 'Z', 5) AS x(id, v, n)) AS s ON t.id <=> s.id
WHEN MATCHED AND s.n > 10 THEN UPDATE SET t.v = s.v, n = t.n + s.n
WHEN MATCHED THEN DELETE
WHEN NOT MATCHED THEN INSERT (id, v, n) VALUES (s.id, lower(s.v), s.n * 2);
SELECT * FROM w_merge;
-- case: merge_star
CREATE OR REPLACE TABLE w_star (id INT, v STRING, n DECIMAL(10,2)) USING DELTA;
INSERT INTO w_star VALUES (1, 'a', 1), (2, 'b', 2);
MERGE INTO w_star t USING (SELECT 9 AS extra, 5 AS n, 'B' AS v, 2 AS id UNION ALL SELECT 8, 6, 'C', 3) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *;
SELECT * FROM w_star;
-- case: merge_by_source
CREATE OR REPLACE TABLE w_source (id INT, v STRING) USING DELTA;
INSERT INTO w_source VALUES (1, 'a'), (2, 'b'), (3, 'c');
MERGE INTO w_source t USING (SELECT 2 AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = 'hit' WHEN NOT MATCHED BY SOURCE AND t.id = 1 THEN DELETE WHEN NOT MATCHED BY SOURCE THEN UPDATE SET v = 'left';
SELECT * FROM w_source;
-- case: merge_insert_condition
CREATE OR REPLACE TABLE w_cond (id INT, v STRING) USING DELTA;
MERGE INTO w_cond t USING (SELECT * FROM VALUES (1, 'a'), (2, 'b') AS x(id, v)) s ON t.id = s.id WHEN NOT MATCHED AND s.id > 1 THEN INSERT *;
SELECT * FROM w_cond;
-- case: merge_twice_matched
CREATE OR REPLACE TABLE w_twice (id INT, v STRING) USING DELTA;
INSERT INTO w_twice VALUES (1, 'a');
MERGE INTO w_twice t USING (SELECT * FROM VALUES (1, 'x'), (1, 'y') AS x(id, v)) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v;
SELECT * FROM w_twice;
-- case: merge_casts
CREATE OR REPLACE TABLE w_mc (id BIGINT, d DATE, s STRING) USING DELTA;
MERGE INTO w_mc t USING (SELECT 1 AS id, TIMESTAMP '2024-01-02 03:04:05' AS d, 5 AS s) x ON t.id = x.id WHEN NOT MATCHED THEN INSERT *;
SELECT * FROM w_mc;
-- case: merge_missing_column
CREATE OR REPLACE TABLE w_mm (id BIGINT, v STRING) USING DELTA;
MERGE INTO w_mm t USING (SELECT 1 AS id) x ON t.id = x.id WHEN NOT MATCHED THEN INSERT *;
SELECT * FROM w_mm;
-- case: alter
CREATE OR REPLACE TABLE w_alter (a INT, b STRING) USING DELTA;
INSERT INTO w_alter VALUES (1, 'x');
ALTER TABLE w_alter ADD COLUMNS (c DOUBLE COMMENT 'new', d DATE);
INSERT INTO w_alter VALUES (2, 'y', 1.5, DATE '2024-01-01');
SELECT * FROM w_alter;
-- case: view
CREATE OR REPLACE VIEW w_view AS SELECT dept, count(*) AS n FROM emp GROUP BY dept;
SELECT count(*) AS c FROM emp;
-- case: truncate
CREATE OR REPLACE TABLE w_trunc (a INT) USING DELTA;
INSERT INTO w_trunc VALUES (1), (2);
TRUNCATE TABLE w_trunc;
SELECT count(*) AS c FROM w_trunc;
-- case: merge_double_source_unmatched
CREATE OR REPLACE TABLE w_dbl (id INT, v STRING) USING DELTA;
INSERT INTO w_dbl VALUES (1, 'a');
MERGE INTO w_dbl t USING (SELECT * FROM VALUES (2, 'x'), (2, 'y') AS x(id, v)) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT *;
SELECT * FROM w_dbl;
-- case: merge_delete_twice_matched
CREATE OR REPLACE TABLE w_del2 (id INT, v STRING) USING DELTA;
INSERT INTO w_del2 VALUES (1, 'a'), (2, 'b');
MERGE INTO w_del2 t USING (SELECT * FROM VALUES (1, 'x'), (1, 'y') AS x(id, v)) s ON t.id = s.id WHEN MATCHED THEN DELETE;
SELECT * FROM w_del2;
-- case: merge_deduped_source
CREATE OR REPLACE TABLE w_dd (id INT, v STRING) USING DELTA;
INSERT INTO w_dd VALUES (1, 'a'), (3, 'c');
MERGE INTO w_dd AS t USING (SELECT id, v FROM VALUES (1, 'x', 1), (1, 'y', 2), (2, 'z', 1) AS x(id, v, n) QUALIFY row_number() OVER (PARTITION BY id ORDER BY n DESC) = 1) AS s ON t.id <=> s.id WHEN MATCHED AND t.v <> s.v THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *;
SELECT * FROM w_dd;
-- case: merge_on_two_keys
CREATE OR REPLACE TABLE w_two (a INT, b STRING, n INT) USING DELTA;
INSERT INTO w_two VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3);
MERGE INTO w_two AS t USING (SELECT a, b, sum(n) AS n FROM VALUES (1, 'x', 5), (1, 'x', 6), (1, NULL, 7) AS v(a, b, n) GROUP BY a, b) AS s ON t.a = s.a AND t.b = s.b AND t.n < 100 WHEN MATCHED THEN UPDATE SET n = CAST(s.n AS INT) WHEN NOT MATCHED THEN INSERT (a, b) VALUES (s.a, s.b);
SELECT * FROM w_two;
-- case: merge_into_computed_keys
CREATE OR REPLACE TABLE w_comp (k STRING, n INT) USING DELTA;
INSERT INTO w_comp VALUES ('A', 1), ('b', 2);
MERGE INTO w_comp AS t USING (SELECT 'a' AS k, 10 AS n UNION ALL SELECT 'c', 30) AS s ON upper(t.k) = upper(s.k) WHEN MATCHED THEN UPDATE SET n = t.n + s.n WHEN NOT MATCHED THEN INSERT *;
SELECT * FROM w_comp;
