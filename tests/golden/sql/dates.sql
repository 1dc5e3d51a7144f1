-- Dates and times.
-- case: parts
SELECT id, year(d) AS a, quarter(d) AS b, month(d) AS c, day(d) AS e, dayofmonth(d) AS f, dayofweek(d) AS g, weekday(d) AS h, dayofyear(d) AS k, weekofyear(d) AS l, hour(ts) AS m, minute(ts) AS n, second(ts) AS o FROM times;
-- case: extract
SELECT extract(YEAR FROM ts) AS a, extract(QUARTER FROM ts) AS b, extract(MONTH FROM d) AS c, extract(WEEK FROM d) AS e, extract(DAY FROM ts) AS f, extract(DOW FROM d) AS g, extract(DOY FROM d) AS h, extract(HOUR FROM ts) AS k, extract(MINUTE FROM ts) AS l, extract(SECOND FROM ts) AS m, date_part('year', ts) AS n, extract(YEAROFWEEK FROM d) AS o, extract(DAYOFWEEK_ISO FROM d) AS p FROM times;
-- case: add_days
SELECT date_add(d, 1) AS a, date_sub(d, 31) AS b, d + 7 AS c, d - 1 AS e, date_add('2024-02-28', 2) AS f, dateadd(DAY, 1, ts) AS g, date_add(MONTH, 1, d) AS h, dateadd(HOUR, -5, ts) AS k, timestampadd(MINUTE, 90, ts) AS l, add_months(d, 1) AS m, add_months(d, -12) AS n, timestampadd(QUARTER, 1, d) AS o, timestampadd(YEAR, 1, d) AS p FROM times;
-- case: datediff
SELECT datediff(DATE '2024-03-01', d) AS a, date_diff(d, DATE '2024-01-01') AS b, datediff('2024-01-10', '2024-01-01') AS c, datediff(DAY, d, DATE '2024-03-01') AS e, datediff(HOUR, ts, TIMESTAMP '2024-03-01 00:00:00') AS f, datediff(MONTH, d, DATE '2024-03-30') AS g, datediff(WEEK, d, DATE '2024-03-01') AS h, datediff(YEAR, d, DATE '2024-12-30') AS k FROM times;
-- case: timestampdiff_whole_units
SELECT timestampdiff(MONTH, TIMESTAMP '2024-01-31', TIMESTAMP '2024-02-29') AS a, timestampdiff(MONTH, TIMESTAMP '2024-03-31', TIMESTAMP '2024-02-29') AS b, timestampdiff(YEAR, DATE '2020-02-29', DATE '2021-02-28') AS c, timestampdiff(HOUR, TIMESTAMP '2024-01-01 00:59:59', TIMESTAMP '2024-01-01 02:00:00') AS d, timestampdiff(DAY, TIMESTAMP '2024-01-02 12:00:00', TIMESTAMP '2024-01-01 13:00:00') AS e, timestampdiff(SECOND, TIMESTAMP '2024-01-01 00:00:00.9', TIMESTAMP '2024-01-01 00:00:02.1') AS f, timestampdiff(MINUTE, TIMESTAMP '2024-01-01 00:01:00', TIMESTAMP '2024-01-01 00:00:30') AS g, timestampdiff(MONTH, TIMESTAMP '2024-01-15 10:00:00', TIMESTAMP '2024-02-15 09:00:00') AS h, timestampdiff(QUARTER, DATE '2023-01-01', DATE '2024-01-01') AS k, timestampdiff(WEEK, DATE '2024-01-01', DATE '2024-01-14') AS l, timestampdiff(MICROSECOND, TIMESTAMP '2024-01-01', TIMESTAMP '2024-01-01 00:00:00.000005') AS m;
-- case: trunc
SELECT date_trunc('YEAR', ts) AS a, date_trunc('quarter', ts) AS b, date_trunc('MM', ts) AS c, date_trunc('WEEK', ts) AS e, date_trunc('DAY', ts) AS f, date_trunc('HOUR', ts) AS g, date_trunc('minute', ts) AS h, date_trunc('SECOND', ts) AS k, date_trunc('millisecond', ts) AS l, date_trunc('MONTH', d) AS m, trunc(d, 'MM') AS n, trunc(d, 'YEAR') AS o, trunc(d, 'week') AS p, trunc('2024-05-15', 'QUARTER') AS q FROM times;
-- case: trunc_by_column
SELECT date_trunc(u, TIMESTAMP '2024-05-15 10:20:30') AS a FROM VALUES ('day'), ('MONTH'), ('yyyy') AS t(u);
-- case: months
SELECT months_between('2024-03-31', '2024-02-29') AS a, months_between(TIMESTAMP '2024-03-15 12:00:00', TIMESTAMP '2024-01-10') AS b, months_between(DATE '2024-01-31', DATE '2024-02-29') AS c, months_between(DATE '2024-01-15', DATE '2024-02-29') AS d, last_day(d) AS e, next_day(d, 'MON') AS f, next_day(d, 'sunday') AS g, add_months(DATE '2024-01-31', 1) AS h FROM times;
-- case: make
SELECT make_date(2024, 2, 29) AS a, make_timestamp(2024, 2, 29, 1, 2, 3.5) AS b, date_from_unix_date(19000) AS c, unix_date(DATE '2024-01-01') AS d, timestamp_seconds(1700000000) AS e, timestamp_millis(1700000000123) AS f, timestamp_micros(1700000000123456) AS g, unix_seconds(ts) AS h, unix_millis(ts) AS k, unix_micros(ts) AS l FROM times;
-- case: bad_make_date
SELECT make_date(2023, 2, 29);
-- case: format
SELECT date_format(ts, 'yyyy-MM-dd HH:mm:ss') AS a, date_format(ts, 'dd/MM/yy') AS b, date_format(d, 'EEEE, d MMM yyyy') AS c, date_format(ts, 'HH:mm:ss.SSS') AS e, date_format(ts, "yyyy-MM-dd'T'HH:mm:ss'Z'") AS f, date_format(ts, 'h:mm a') AS g, date_format(ts, 'E') AS h, date_format(d, 'MMMM') AS k, date_format(ts, 'yyyyMMdd') AS l, date_format(ts, 'D') AS m FROM times;
-- case: parse
SELECT to_date('31/01/2024', 'dd/MM/yyyy') AS a, to_timestamp('2024-01-31 10:20:30', 'yyyy-MM-dd HH:mm:ss') AS b, to_timestamp('20240131', 'yyyyMMdd') AS c, to_date('2024-01-31') AS d, to_timestamp('2024-01-31T10:20:30Z') AS e, to_timestamp('Jan 5 2024', 'MMM d yyyy') AS f, to_date(DATE '2024-01-01', 'yyyy') AS g, try_to_timestamp('x', 'yyyy') AS h, to_timestamp('2024-01-31 10:20:30.123', 'yyyy-MM-dd HH:mm:ss.SSS') AS k;
-- case: bad_parse
SELECT to_date('2024-31-01', 'yyyy-MM-dd');
-- case: unix
SELECT unix_timestamp('2024-01-31 10:20:30') AS a, unix_timestamp('31/01/2024', 'dd/MM/yyyy') AS b, unix_timestamp(ts) AS c, unix_timestamp(d) AS e, to_unix_timestamp('2024-01-31', 'yyyy-MM-dd') AS f, from_unixtime(0) AS g, from_unixtime(1700000000, 'yyyy-MM-dd') AS h FROM times;
-- case: names
SELECT dayname(d) AS a, monthname(d) AS b FROM times;
-- case: zones
SELECT from_utc_timestamp(TIMESTAMP '2024-07-01 12:00:00', 'Europe/Berlin') AS a, to_utc_timestamp(TIMESTAMP '2024-01-01 12:00:00', 'America/New_York') AS b, from_utc_timestamp('2024-01-01', 'Asia/Tokyo') AS c, from_utc_timestamp(TIMESTAMP '2024-07-01 12:00:00.123456', 'UTC') AS d, from_utc_timestamp('2024-01-01', 'UTC') AS e;
-- case: intervals
SELECT d + INTERVAL 1 DAY AS a, d - INTERVAL 1 MONTH AS b, ts + INTERVAL 90 MINUTES AS c, ts - INTERVAL '1' YEAR AS e, d + INTERVAL 5 HOURS AS f, ts + INTERVAL '1-2' YEAR TO MONTH AS g, ts + INTERVAL '1 02:03:04' DAY TO SECOND AS h, d + INTERVAL 2 WEEKS AS k, ts + INTERVAL 1 DAY 2 HOURS AS l, INTERVAL 1 DAY + d AS m, ts - INTERVAL '10 minutes 30 seconds' AS n FROM times;
-- case: interval_values
SELECT INTERVAL 90 MINUTES AS a, INTERVAL 1 DAY 2 HOURS AS b, INTERVAL 1 WEEK AS c, ts - TIMESTAMP '2024-01-01' AS d, d - DATE '2024-01-01' AS e, INTERVAL 1 HOUR * 3 AS f FROM times WHERE id IN (1, 2);
-- case: interval_compare
SELECT id FROM times WHERE ts - TIMESTAMP '2024-01-01' > INTERVAL 30 DAYS ORDER BY id;
-- case: date_filters
SELECT id FROM times WHERE d BETWEEN DATE '2024-01-01' AND DATE '2024-02-29' AND ts >= TIMESTAMP '2024-01-31' ORDER BY id;
-- case: sequence
SELECT sequence(DATE '2024-01-01', DATE '2024-01-03') AS a, sequence(DATE '2024-01-31', DATE '2024-04-30', INTERVAL 1 MONTH) AS b, sequence(TIMESTAMP '2024-01-01', TIMESTAMP '2024-01-01 06:00:00', INTERVAL 3 HOURS) AS c, sequence(DATE '2024-01-03', DATE '2024-01-01') AS d;
-- case: interval_functions
SELECT DATE '2024-01-31' + make_ym_interval(1, 1) AS a, TIMESTAMP '2024-01-31' + make_dt_interval(1, 2, 3, 4.5) AS b;
-- case: null_and_string_dates
SELECT date_add(NULL, 1) AS a, year('2024-05-06') AS b, hour('2024-05-06 07:08:09') AS c, date_trunc('MONTH', '2024-05-06') AS d, datediff('2024-05-06', NULL) AS e;
