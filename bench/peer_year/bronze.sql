-- @name staged
-- The files are read again where they are needed: keeping their rows in a table costs more than that.
CREATE OR REPLACE TEMP VIEW staged AS
SELECT {columns}, filename, file_row_number AS seq
FROM read_parquet('{input}/{folder}/*.parquet', filename = true, file_row_number = true, union_by_name = true);

-- @name check
INSERT INTO check_result
SELECT '{table}' AS table_name, count(*) AS checked, count_if(NOT ({good})) AS rejected, [{failed}] AS failed
FROM staged;

-- @name quarantine
INSERT INTO quarantine.{table} BY NAME
SELECT * FROM staged WHERE NOT ({good});

-- @name doubled
CREATE OR REPLACE TEMP TABLE doubled AS
SELECT {key} FROM staged WHERE {good} GROUP BY {key} HAVING count(*) > 1;

-- @name once
-- Nothing was delivered twice: the common case.
CREATE OR REPLACE TEMP VIEW fresh AS
SELECT s.* FROM staged AS s WHERE {good};

-- @name newest
-- Rows delivered once pass as they are; only keys that stand twice are ordered. The later delivery wins, by file and row.
CREATE OR REPLACE TEMP VIEW fresh AS
SELECT s.* FROM staged AS s ANTI JOIN doubled AS d ON {same} WHERE {good}
UNION ALL
SELECT s.* FROM staged AS s SEMI JOIN doubled AS d ON {same} WHERE {good}
QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY filename DESC, seq DESC) = 1;

-- @name insert
INSERT INTO bronze.{table} BY NAME FROM fresh;
