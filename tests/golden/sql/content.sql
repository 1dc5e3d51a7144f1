-- Queries as content and dashboards have them.
-- case: freshness
SELECT max(ts) AS last_update, timestampdiff(HOUR, max(ts), TIMESTAMP '2024-04-01 00:00:00') AS age_hours, CASE WHEN timestampdiff(HOUR, max(ts), TIMESTAMP '2024-04-01 00:00:00') <= 4 THEN 'Met' WHEN timestampdiff(HOUR, max(ts), TIMESTAMP '2024-04-01 00:00:00') <= 12 THEN 'Warning' ELSE 'Breached' END AS sla_status, 4 AS target_hours FROM times;
-- case: success_rate
SELECT dept, count(*) AS runs, count_if(salary >= 80) AS good, round(count_if(salary >= 80) * 100.0 / count(*), 2) AS rate, round(100 * avg(CASE WHEN salary >= 80 THEN 1 ELSE 0 END), 1) AS rate2 FROM emp GROUP BY dept ORDER BY rate DESC;
-- case: success_rate_safe
SELECT try_divide(sum(CASE WHEN salary > 75 THEN 1 ELSE 0 END), count(salary)) * 100 AS a, coalesce(round(sum(salary) / nullif(count_if(false), 0), 2), 0) AS b FROM emp;
-- case: top_with_share
WITH totals AS (SELECT dept, sum(salary) AS total FROM emp WHERE salary IS NOT NULL GROUP BY dept), ranked AS (SELECT dept, total, row_number() OVER (ORDER BY total DESC, dept) AS rank, total / sum(total) OVER () * 100 AS pct FROM totals) SELECT rank, dept, CAST(total AS DOUBLE) AS total, pct FROM ranked WHERE rank <= 2;
-- case: week_over_week
WITH days AS (SELECT d, id AS v FROM times WHERE d IS NOT NULL), m AS (SELECT date_trunc('MONTH', d) AS month, sum(v) AS v FROM days GROUP BY 1) SELECT month, v, lag(v) OVER (ORDER BY month) AS before, (v - lag(v) OVER (ORDER BY month)) / nullif(lag(v) OVER (ORDER BY month), 0) * 100 AS change FROM m;
-- case: hourly
SELECT date_trunc('hour', ts) AS hour, count(*) AS queries, sum(id) / pow(1024, 3) AS gb FROM times WHERE ts IS NOT NULL GROUP BY date_trunc('hour', ts) ORDER BY hour;
-- case: date_of_timestamp
SELECT DATE(ts) AS day, count(DISTINCT id) AS n FROM times GROUP BY DATE(ts);
-- case: latest_version
SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY dept ORDER BY hired DESC NULLS LAST, id) AS rn FROM emp) x WHERE rn = 1 AND dept IS NOT NULL;
-- case: latest_by_qualify
SELECT dept, name FROM emp WHERE dept IS NOT NULL QUALIFY row_number() OVER (PARTITION BY dept ORDER BY hired DESC, id) = 1;
-- case: tags_of_map
SELECT id, coalesce(m['x'], 0) AS x, map_contains_key(m, 'y') AS has_y, array_join(sort_array(map_keys(m)), ', ') AS keys, size(m) = 0 OR m IS NULL AS untagged FROM nested;
-- case: pivot_by_filter
SELECT sum(salary) FILTER (WHERE dept = 'it') AS it, sum(salary) FILTER (WHERE dept = 'ops') AS ops, max(CASE WHEN dept = 'hr' THEN salary END) AS hr FROM emp;
-- case: p95_and_spill
SELECT dept, percentile(salary, 0.95) AS p95, percentile_approx(salary, 0.5) AS p50, max(salary) AS worst, count(*) AS n FROM emp GROUP BY ALL HAVING count(*) > 1;
-- case: date_spine
SELECT s.day, coalesce(count(t.id), 0) AS n FROM (SELECT explode(sequence(DATE '2024-01-30', DATE '2024-02-02', INTERVAL 1 DAY)) AS day) s LEFT JOIN times t ON t.d = s.day GROUP BY s.day;
-- case: money
SELECT d.dept, d.budget, sum(e.salary) AS spent, d.budget - sum(e.salary) AS left_over, round(sum(e.salary) / d.budget * 100, 2) AS pct FROM dept d JOIN emp e ON d.dept = e.dept GROUP BY d.dept, d.budget;
-- case: string_parameters_like_dates
SELECT id FROM times WHERE d BETWEEN CAST('2024-01-01' AS DATE) AND to_date('2024-03-01') AND ('ALL' = 'ALL' OR ds = 'x');
-- case: status_mapping
SELECT coalesce(upper(trim(dept)), 'UNKNOWN') AS team, sum(if(boss IS NULL, 1, 0)) AS heads, concat_ws('/', collect_set(dept)) AS d FROM emp GROUP BY 1;
-- case: running_total
SELECT hired, sum(salary) AS s, sum(sum(salary)) OVER (ORDER BY hired ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running FROM emp WHERE hired IS NOT NULL GROUP BY hired;
-- case: z_score
WITH s AS (SELECT dept, salary, avg(salary) OVER () AS mean, stddev(salary) OVER () AS sd FROM emp WHERE salary IS NOT NULL) SELECT dept, (salary - mean) / sd AS z, abs((salary - mean) / sd) > 1 AS odd FROM s;
-- case: concat_numbers
SELECT concat('Job ', id, ' took ', round(salary / 60, 1), ' min') AS msg, concat(cast(round(12.3456D, 2) AS STRING), '%') AS pct FROM emp WHERE id = 1;
-- case: json_columns
SELECT id, get_json_object(j, '$.s') AS s, CAST(get_json_object(j, '$.d') AS DOUBLE) AS d FROM texts WHERE get_json_object(j, '$.a') IS NOT NULL;
-- case: business_hours
SELECT id, hour(ts) BETWEEN 9 AND 17 AND dayofweek(ts) NOT IN (1, 7) AS business, date_format(ts, 'EEE') AS day, weekday(ts) >= 5 AS weekend FROM times;
-- case: epoch_columns
SELECT timestamp_millis(1700000000000 + id) AS t, from_unixtime(1700000000 + id, 'yyyy-MM-dd HH:mm') AS s, unix_millis(timestamp_millis(5)) AS u FROM emp WHERE id = 1;
-- case: duration
SELECT id, (unix_timestamp(ts) - unix_timestamp(TIMESTAMP '2024-01-01')) / 3600 AS hours, timestampdiff(SECOND, TIMESTAMP '2024-01-01', ts) / 60.0 AS minutes FROM times;
-- case: coalesce_join
SELECT coalesce(e.dept, d.dept) AS dept, count(e.id) AS people, max(d.budget) AS budget FROM emp e FULL OUTER JOIN dept d ON e.dept = d.dept GROUP BY coalesce(e.dept, d.dept);
-- case: in_list_of_strings
SELECT name FROM emp WHERE dept IN ('it', 'hr') AND lower(name) LIKE '%n%' AND NOT name RLIKE '^B';
-- case: greatest_of_dates
SELECT id, greatest(d, DATE '2024-02-01') AS g, least(ts, TIMESTAMP '2024-02-01') AS l FROM times;
-- case: integer_average
SELECT avg(id) AS a, sum(id) / count(*) AS b, CAST(avg(id) AS INT) AS c, floor(avg(id)) AS d, round(avg(id), 1) AS e FROM emp;
