-- Text functions.
-- case: case_and_length
SELECT id, upper(s) AS a, lower(s) AS b, length(s) AS c, char_length(s) AS d, octet_length(s) AS e, reverse(s) AS f, initcap(s) AS g FROM texts;
-- case: trims
SELECT trim(s) AS a, ltrim(s) AS b, rtrim(s) AS c, btrim('xxaxx', 'x') AS d, trim(BOTH 'x' FROM 'xaxbx') AS e, trim(LEADING 'x' FROM 'xxa') AS f, trim(TRAILING FROM 'a  ') AS g, trim('x' FROM 'xax') AS h, trim('\ta ') AS k FROM texts WHERE id = 2;
-- case: substring
SELECT substring('hello', 2) AS a, substring('hello', 2, 3) AS b, substring('hello', 0, 2) AS c, substring('hello', -3, 2) AS d, substring('hello', -9, 6) AS e, substring('hello' FROM 2 FOR 2) AS f, substr('hello', 10) AS g, left('hello', 2) AS h, right('hello', 2) AS k, left('x', -1) AS l, substring('hello', 2, -1) AS m;
-- case: substring_columns
SELECT id, substring(s, id, 2) AS a, substring(s, -id) AS b FROM texts;
-- case: concat
SELECT concat('a', 'b', 'c') AS a, concat('a', NULL) AS b, 'a' || 1 || true AS c, concat(1, 2.5, DATE '2024-01-01') AS d, concat() AS e, 'x' || NULL AS f, concat_ws('-', 'a', NULL, 'b') AS g, concat_ws(',', array('a', 'b'), 'c', NULL) AS h, concat_ws(NULL, 'a') AS k, concat_ws(',') AS l, concat(1.5D, 'x') AS m;
-- case: pads
SELECT lpad('7', 3, '0') AS a, rpad('7', 3, 'ab') AS b, lpad('hello', 2, 'x') AS c, lpad('a', 3) AS d, repeat('ab', 3) AS e, repeat('a', -1) AS f, space(3) AS g, lpad(s, 4, '*') AS h FROM texts WHERE id IN (1, 3, 4);
-- case: search
SELECT instr('hello', 'l') AS a, locate('l', 'hello') AS b, locate('l', 'hello', 4) AS c, position('l' IN 'hello') AS d, position('z', 'hello') AS e, locate('', 'abc') AS f, contains('hello', 'ell') AS h, startswith('hello', 'he') AS k, endswith('hello', 'lo') AS l, locate('l', NULL) AS m;
-- case: replace
SELECT replace('banana', 'an', 'x') AS a, replace('banana', 'a') AS b, translate('hello', 'el', 'ip') AS c, translate('hello', 'el', 'i') AS d, overlay('abcdef' PLACING 'XY' FROM 2 FOR 3) AS e, overlay('abcdef', 'XY', 3) AS f, regexp_replace('a1b22', '[0-9]+', '#') AS g, regexp_replace('john smith', '(\\w+) (\\w+)', '$2 $1') AS h;
-- case: split
SELECT split('a,b,,c,', ',') AS a, split('a1b2c', '[0-9]') AS b, split('', ',') AS c, split('a.b', '\\.') AS d, split(s, ',') AS e, split_part('a.b.c', '.', 2) AS f, split_part('a.b.c', '.', -1) AS g, split('abc', '') AS h, split('a||b', '\\|\\|') AS k FROM texts WHERE id = 5;
-- case: split_item
SELECT split(s, ',')[1] AS a, split(s, ',')[0] AS b, element_at(split(s, ','), -1) AS c, size(split(s, ',')) AS d FROM texts WHERE id = 5;
-- case: regexp_extract
SELECT regexp_extract('100-200', '(\\d+)-(\\d+)') AS a, regexp_extract('100-200', '(\\d+)-(\\d+)', 2) AS b, regexp_extract('abc', '(\\d+)') AS c, regexp_extract('abc', 'b', 0) AS d, regexp_extract_all('a1b2', '([a-z])(\\d)', 2) AS e, regexp_count('abcabc', 'b') AS f, regexp_substr('a12b', '\\d+') AS g, regexp_substr('ab', '\\d+') AS h, regexp_extract(NULL, 'a', 0) AS k;
-- case: substring_index
SELECT substring_index('a.b.c', '.', 2) AS a, substring_index('a.b.c', '.', -1) AS b, substring_index('a.b.c', '.', 9) AS c, substring_index('a.b.c', '.', 0) AS d, substring_index('a.b.c', '.', -9) AS e;
-- case: codes
SELECT ascii('A') AS a, ascii('') AS b, chr(65) AS c, chr(256 + 66) AS d, hex('abc') AS e, unhex('616263') AS f, base64('abc') AS g, unbase64('YWJj') AS h, md5('abc') AS k, sha2('abc', 256) AS l, sha1('abc') AS m, encode('é', 'utf-8') AS n, decode(X'c3a9', 'UTF-8') AS o;
-- case: formats
SELECT format_number(1234567.891, 2) AS a, format_number(1234567, 0) AS b, format_number(-0.5D, 1) AS c, format_string('%s is %d years, %5.2f%%', 'Ann', 30, 1.5D) AS d, printf('%05d|%-5s|', 42, 'ab') AS e, format_string('%s', NULL) AS f, format_number(NULL, 2) AS g;
-- case: sets
SELECT find_in_set('b', 'a,b,c') AS a, find_in_set('x', 'a,b') AS b, elt(2, 'a', 'b') AS c, levenshtein('kitten', 'sitting') AS d, find_in_set('a,b', 'a,b') AS e;
-- case: null_arguments
SELECT upper(NULL) AS a, substring(NULL, 1) AS b, replace(NULL, 'a', 'b') AS c, split(NULL, ',') AS d, lpad(NULL, 3, 'x') AS e, instr(NULL, 'a') AS f, regexp_replace(NULL, 'a', 'b') AS g, initcap(NULL) AS h;
-- case: numbers_as_text
SELECT length(12345) AS a, upper(true) AS b, substring(12345, 2, 2) AS c, concat('n=', 5) AS d, left(DATE '2024-01-05', 7) AS e, replace(1.50, '.', ',') AS f;
-- case: order_of_strings (ordered)
SELECT s FROM texts ORDER BY s;
-- case: min_max_text
SELECT min(s) AS a, max(s) AS b, count(DISTINCT upper(s)) AS c FROM texts;
