-- Arrays, maps, structs, lambdas, generators.
-- case: access
SELECT id, a[0] AS x, m['x'] AS y, st.x AS z, st.y AS w, ast.k AS ks, ast[0].v AS v FROM nested WHERE id IN (1);
-- case: access_nulls
SELECT id, m['nope'] AS a, m.x AS b, element_at(m, 'y') AS c, get(a, 9) AS d, get(a, -1) AS e, try_element_at(a, 5) AS f, ast.v AS g FROM nested;
-- case: array_out_of_bounds
SELECT a[5] FROM nested WHERE id = 1;
-- case: array_negative_index
SELECT a[-1] FROM nested WHERE id = 1;
-- case: element_at
SELECT element_at(a, 1) AS x, element_at(a, -1) AS y, element_at(array('p', 'q'), 2) AS z FROM nested WHERE id = 1;
-- case: element_at_out_of_bounds
SELECT element_at(array(1, 2), 3);
-- case: element_at_zero
SELECT element_at(array(1, 2), 0);
-- case: sizes
SELECT id, size(a) AS a, cardinality(m) AS b, array_size(sa) AS c, size(NULL) AS d FROM nested;
-- case: contains
SELECT id, array_contains(a, 1) AS x, array_contains(a, 9) AS y, array_contains(sa, 'c') AS z, array_position(a, 1) AS p, array_position(a, 9) AS q, map_contains_key(m, 'x') AS k FROM nested;
-- case: sorting
SELECT id, sort_array(a) AS x, sort_array(a, false) AS y, array_sort(a) AS z, array_distinct(a) AS d, array_max(a) AS mx, array_min(a) AS mn, reverse(a) AS r FROM nested;
-- case: changing
SELECT array_append(a, 9) AS p, array_prepend(a, 0) AS q, array_remove(a, 1) AS r, array_compact(a) AS s, array_repeat('x', 2) AS t, slice(a, 1, 2) AS u, slice(a, -2, 2) AS v, concat(a, array(7, 8)) AS w, a || array(5) AS z FROM nested;
-- case: sets
SELECT array_union(array(1, 2, 2), array(2, 3)) AS a, array_intersect(array(1, 2, 2, NULL), array(2, NULL)) AS b, array_except(array(1, 2, 2, 3), array(3)) AS c, arrays_overlap(array(1, 2), array(2)) AS d, arrays_overlap(array(1, NULL), array(2)) AS e, arrays_overlap(array(1), array(2)) AS f, array_union(array(1), array(2L)) AS g;
-- case: joins
SELECT array_join(sa, ',') AS a, array_join(sa, '-', '?') AS b, array_join(a, ':') AS c FROM nested;
-- case: flatten
SELECT flatten(array(array(1, 2), array(3))) AS a, flatten(array(array(1), NULL)) AS b, flatten(array(array(1), array())) AS c;
-- case: sequence
SELECT sequence(1, 5) AS a, sequence(5, 1) AS b, sequence(1, 10, 3) AS c, sequence(1L, 2L) AS d, sequence(3, 3) AS e;
-- case: sequence_wrong_way
SELECT sequence(1, 5, -1);
-- case: transform
SELECT transform(a, x -> x * 10) AS p, transform(a, (x, i) -> x + i) AS q, transform(sa, s -> upper(s)) AS r, transform(array(1, 2), x -> array(x, x + 1)) AS s FROM nested;
-- case: filter
SELECT filter(a, x -> x > 1) AS p, filter(a, x -> x IS NOT NULL) AS q, filter(array(5, 6, 7), (x, i) -> i > 0) AS r, filter(ast, s -> s.v > 2) AS t FROM nested;
-- case: exists_forall
SELECT exists(a, x -> x > 2) AS p, forall(a, x -> x > 0) AS q, exists(array(1, NULL), x -> x > 5) AS r, forall(array(1, NULL), x -> x > 0) AS s, exists(array(), x -> true) AS t, exists(array(1), x -> x IS NULL) AS u FROM nested;
-- case: aggregate
SELECT aggregate(a, 0, (acc, x) -> acc + coalesce(x, 0)) AS p, aggregate(a, 0, (acc, x) -> acc + coalesce(x, 0), acc -> acc * 10) AS q, reduce(array(1, 2, 3), 1, (acc, x) -> acc * x) AS r, aggregate(array('a', 'b'), '', (acc, x) -> acc || x) AS s, aggregate(ast, 0D, (acc, x) -> acc + coalesce(x.v, 0)) AS t FROM nested;
-- case: aggregate_wider_start
SELECT aggregate(array(1, 2, 3), CAST(0 AS BIGINT), (acc, x) -> acc + x) AS a, aggregate(array(1, 2), named_struct('s', 0, 'n', 0), (acc, x) -> named_struct('s', acc.s + x, 'n', acc.n + 1), acc -> acc.s / acc.n) AS b;
-- case: zip_with
SELECT zip_with(array(1, 2), array(10, 20, 30), (x, y) -> x + y) AS a, zip_with(array('a'), array(1), (x, y) -> named_struct('n', x, 'v', y)) AS b;
-- case: lambda_sees_columns
SELECT id, transform(a, x -> x + id) AS p, filter(sa, s -> s <> st.y) AS q FROM nested;
-- case: lambda_nested
SELECT transform(array(array(1, 2), array(3)), x -> transform(x, y -> y * size(x))) AS a, filter(array(1, 2, 3), x -> exists(array(2, 3), y -> y = x)) AS b;
-- case: lambda_hides_column
SELECT transform(array(1, 2), id -> id * 100) AS a, id FROM nested WHERE id = 1;
-- case: maps
SELECT map_keys(m) AS a, map_values(m) AS b, map_entries(m) AS c, map('k', 1, 'l', 2) AS d, map_from_arrays(array('a', 'b'), array(1, 2)) AS e, map_from_entries(array(struct('a', 1), struct('b', 2))) AS f, map_concat(m, map('z', 9)) AS g, str_to_map('a:1,b:2') AS h, str_to_map('a=1;b', ';', '=') AS k FROM nested;
-- case: map_duplicate_key
SELECT map('a', 1, 'a', 2);
-- case: map_concat_duplicate
SELECT map_concat(map('a', 1), map('a', 2));
-- case: map_lambdas
SELECT map_filter(m, (k, v) -> v > 1) AS a, transform_values(m, (k, v) -> v * 10) AS b, transform_keys(m, (k, v) -> upper(k)) AS c, transform_values(m, (k, v) -> concat(k, v)) AS d FROM nested;
-- case: structs
SELECT struct(1, 'a') AS a, struct(id, st.y) AS b, named_struct('p', 1, 'q', array(1)) AS c, struct(id AS k, 5 AS v) AS d, named_struct('p', named_struct('q', 7)).p.q AS e FROM nested WHERE id = 1;
-- case: compare
SELECT array(1, 2) = array(1, 2) AS a, array(1, 2) < array(1, 3) AS b, struct(1, 'a') = struct(1, 'a') AS c, array(1, NULL) <=> array(1, NULL) AS d;
-- case: explode_select
SELECT id, explode(a) AS x FROM nested;
-- case: explode_outer_select
SELECT id, explode_outer(a) AS x FROM nested;
-- case: posexplode_select (names)
SELECT id, posexplode(sa) FROM nested;
-- case: posexplode_aliases (names)
SELECT id, posexplode(sa) AS (p, v) FROM nested;
-- case: explode_map (names)
SELECT id, explode(m) FROM nested;
-- case: explode_map_outer
SELECT id, explode_outer(m) AS (k, v) FROM nested;
-- case: inline
SELECT id, inline(ast) FROM nested;
-- case: explode_literal
SELECT explode(array(1, 2, 3)) AS x;
-- case: explode_where
SELECT id, explode(a) AS x FROM nested WHERE id <> 1 ORDER BY x, id;
-- case: lateral_view
SELECT id, x FROM nested LATERAL VIEW explode(a) t AS x;
-- case: lateral_view_outer
SELECT id, p, x FROM nested LATERAL VIEW OUTER posexplode(a) t AS p, x;
-- case: lateral_view_map
SELECT id, k, v FROM nested LATERAL VIEW explode(m) t AS k, v WHERE v > 1;
-- case: lateral_view_two
SELECT id, x, s FROM nested LATERAL VIEW explode(a) t1 AS x LATERAL VIEW explode(sa) t2 AS s;
-- case: lateral_view_chain
SELECT id, e.k, e.v FROM nested LATERAL VIEW explode(ast) t AS e;
-- case: lateral_view_inline
SELECT id, k, v FROM nested LATERAL VIEW inline(ast) t AS k, v;
-- case: lateral_view_group
SELECT x, count(*) AS n FROM nested LATERAL VIEW explode(a) t AS x GROUP BY x;
-- case: explode_in_from
SELECT * FROM explode(array('a', 'b')) AS t(v);
-- case: lateral_explode
SELECT id, t.v FROM nested, LATERAL explode(sa) AS t(v);
-- case: range
SELECT id FROM range(3);
-- case: range_step
SELECT sum(id) AS s FROM range(1, 10, 2);
-- case: explode_sequence
SELECT explode(sequence(DATE '2024-02-28', DATE '2024-03-01')) AS d;
-- case: group_collect
SELECT id % 2 AS g, sort_array(collect_list(struct(id, name))) AS l FROM emp GROUP BY id % 2;
-- case: null_struct
SELECT id, st IS NULL AS a, st.x IS NULL AS b, coalesce(st.y, 'none') AS c FROM nested;
-- case: array_of_structs_filter
SELECT id FROM nested WHERE exists(ast, s -> s.k = 'q');
