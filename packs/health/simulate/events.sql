-- What happened on the days of a span: runs, tasks, clusters, queries, sessions, updates, actions. One statement an event table; the
-- tables of system tables (tables/*.sql) are projections of them, which is why they agree with each other.
-- Parameters: :from_day and :to_day (exclusive) are the days on which the span's rows are delivered, :first_day and :until_day those of the
-- whole simulation. Events of the seven days before are made as well: some of their rows are delivered late, others were corrected.
-- The large ones lie in the order of delivery, in which they are written.
-- Times are microseconds since 1970 (us), days are numbers since 1970 (d), so that they are cheap; `k` is the random key of a row.
-- `arrival` is the day of delivery: that of the event's end, or, for three in a hundred rows, one to three days later. `known` is the day on
-- which the first row of a run, a task or an update is delivered: what refers to it is delivered then or later, so that nothing that is
-- delivered ever names what is not.

CREATE OR REPLACE TABLE sim.day AS
SELECT
  x.d,
  x.day,
  CAST(x.d AS BIGINT) * 86400000000 AS day_us,
  weekday(x.day) AS week_day,
  CASE WHEN weekday(x.day) >= 5 THEN 0.35 ELSE 1.0 END AS working,
  exp(0.2 * datediff(x.day, :first_day) / 365.0) AS growth,
  s.seed,
  s.root
FROM (
  SELECT n AS d, date_from_unix_date(n) AS day
  FROM (SELECT explode(sequence(unix_date(:from_day) - 7, greatest(unix_date(:to_day) - 1, unix_date(:from_day) - 7))) AS n)
) AS x
CROSS JOIN sim.size AS s
WHERE x.day >= :first_day AND x.day < :to_day;

-- ---- what incidents do on a day, a column a kind ------------------------------------------------------------------

CREATE OR REPLACE TABLE sim.job_effect AS
SELECT
  target_no AS job_no,
  unix_date(day) AS d,
  max(CASE WHEN kind = 'cost_spike' THEN size END) AS cost,
  max(CASE WHEN kind = 'failing_job' THEN least(1.0, 0.2 * size) END) AS failing,
  max(CASE WHEN kind = 'flapping_job' THEN size END) AS flapping,
  max(CASE WHEN kind = 'slow_regression' THEN 1 + (size - 1) * share END) AS slow,
  max(CASE WHEN kind = 'retry_storm' THEN size END) AS retry,
  max(CASE WHEN kind = 'backfill' THEN size END) AS backfill
FROM sim.incident
WHERE target_type = 'job'
GROUP BY target_no, day;

CREATE OR REPLACE TABLE sim.warehouse_effect AS
SELECT
  target_no AS warehouse_no,
  unix_date(day) AS d,
  max(CASE WHEN kind = 'cost_spike' THEN size END) AS cost,
  max(CASE WHEN kind = 'idle_warehouse' THEN size END) AS idle,
  max(CASE WHEN kind = 'queueing_warehouse' THEN size END) AS queueing,
  max(CASE WHEN kind = 'spill' THEN size END) AS spill,
  max(CASE WHEN kind = 'cache_collapse' THEN size END) AS cache,
  max(CASE WHEN kind = 'planned_migration' THEN size END) AS migration
FROM sim.incident
WHERE target_type = 'warehouse'
GROUP BY target_no, day;

CREATE OR REPLACE TABLE sim.workspace_effect AS
SELECT
  w.workspace_id,
  unix_date(i.day) AS d,
  max(CASE WHEN i.kind = 'cost_spike' THEN i.size END) AS cost,
  max(CASE WHEN i.kind = 'untagged_growth' THEN i.size END) AS untagged
FROM sim.incident AS i
JOIN sim.workspace AS w ON w.workspace_no = i.target_no
WHERE i.target_type = 'workspace'
GROUP BY w.workspace_id, i.day;

CREATE OR REPLACE TABLE sim.team_effect AS
SELECT
  target_no AS team_no,
  unix_date(day) AS d,
  max(CASE WHEN kind = 'month_end' THEN size END) AS month_end,
  max(CASE WHEN kind = 'new_team' THEN size END) AS new_team
FROM sim.incident
WHERE target_type = 'team'
GROUP BY target_no, day;

CREATE OR REPLACE TABLE sim.other_effect AS
SELECT kind, target_no, unix_date(day) AS d, max(size) AS size, max(share) AS share, min(unix_date(first_day)) AS first_d
FROM sim.incident
WHERE target_type NOT IN ('job', 'warehouse', 'team') AND kind NOT IN ('cost_spike', 'untagged_growth')
GROUP BY kind, target_no, day;

-- ---- job runs ------------------------------------------------------------------------------------------------

-- Grain: one row a run. A backfill adds runs beyond the usual ones; all other runs stay as they are.
CREATE OR REPLACE TABLE sim.run AS
SELECT
  r.*,
  CAST(100000000000000 + sim_key('run', r.k) % 900000000000000 AS STRING) AS run_id,
  r.start_us + r.duration_us AS end_us,
  date_from_unix_date(CAST(r.start_us DIV 86400000000 AS INT)
    + CASE WHEN sim_random('late run', r.k, 0) < 0.03 THEN 1 + CAST(floor(3 * sim_random('late run days', r.k, 0)) AS INT) ELSE 0 END) AS known,
  CAST(r.fail AND r.bad < 0.8 AS BOOLEAN) AS failed,
  CASE WHEN NOT r.fail THEN 'SUCCEEDED' WHEN r.bad < 0.8 THEN 'FAILED' WHEN r.bad < 0.9 THEN 'TIMED_OUT' WHEN r.bad < 0.95 THEN 'ERROR' ELSE 'CANCELLED' END AS result_state,
  CASE WHEN NOT r.fail THEN 'SUCCESS' WHEN r.bad < 0.5 THEN 'RUN_EXECUTION_ERROR' WHEN r.bad < 0.7 THEN 'DRIVER_ERROR' WHEN r.bad < 0.8 THEN 'CLUSTER_ERROR'
    WHEN r.bad < 0.9 THEN 'MAX_RUN_DURATION_EXCEEDED' WHEN r.bad < 0.95 THEN 'INTERNAL_ERROR' ELSE 'USER_CANCELED' END AS termination_code,
  CASE WHEN r.fail THEN CAST(floor(sim_random('fails at', r.k) * r.tasks) AS INT) ELSE r.tasks END AS fails_at,
  concat('1', substr(CAST(1000 + r.d % 9000 AS STRING), 2, 3), '-', CAST(100000 + sim_key('run cluster', r.k) % 900000 AS STRING), '-', substr(sim_hex('run cluster', r.k), 1, 8)) AS cluster_id
FROM (
  SELECT
    b.job_no,
    b.d,
    b.n,
    b.k,
    b.tasks,
    b.compute,
    b.extra,
    b.retry,
    b.day_us + 1000000L * CAST((3600 * b.start_hour + (b.n - 1) * (86400 / b.usual) + 900 * sim_random('run start', b.k)) % 86400 AS BIGINT) AS start_us,
    1000000L * CAST(greatest(20, b.duration_s * exp(0.22 * sim_normal('run duration', b.k)) * coalesce(b.slow, 1.0) * coalesce(b.retry, 1.0)) AS BIGINT) AS duration_us,
    CASE
      WHEN b.flapping IS NOT NULL THEN (b.d + b.n) % 2 = 0
      ELSE sim_random('run fails', b.k) < coalesce(b.failing, b.fail_share)
    END AS fail,
    sim_random('run failure', b.k) AS bad
  FROM (
    SELECT
      j.job_no,
      y.d,
      y.day_us,
      n,
      sim_key('run', y.seed, j.job_no, y.d, n) AS k,
      j.tasks,
      j.compute,
      j.start_hour,
      j.duration_s,
      j.fail_share,
      greatest(1, ceil(j.runs_a_day)) AS usual,
      n > j.usual_runs AS extra,
      j.slow,
      j.retry,
      j.failing,
      j.flapping
    FROM (
      SELECT
        c.*,
        CAST(floor(c.usual_runs * coalesce(c.backfill, 1.0) * coalesce(c.month_end, 1.0) + 0.0001) AS INT) AS runs
      FROM (
        SELECT
          j.job_no, j.tasks, j.compute, j.start_hour, j.duration_s, j.fail_share, j.runs_a_day,
          y.d AS on_day,
          e.slow, e.retry, e.failing, e.flapping, e.backfill, te.month_end,
          CASE
            WHEN j.kind = 'weekly' AND y.week_day <> j.job_no % 7 THEN 0
            ELSE CAST(floor(j.runs_a_day * CASE WHEN j.kind = 'daily' AND y.week_day >= 5 THEN 0.8 ELSE 1.0 END * y.growth + sim_random('runs', y.seed, j.job_no, y.d)) AS INT)
          END AS usual_runs
        FROM sim.job AS j
        CROSS JOIN sim.day AS y
        LEFT JOIN sim.job_effect AS e ON e.job_no = j.job_no AND e.d = y.d
        LEFT JOIN sim.team_effect AS te ON te.team_no = j.team_no AND te.d = y.d
      ) AS c
    ) AS j
    JOIN sim.day AS y ON y.d = j.on_day
    CROSS JOIN LATERAL explode(CASE WHEN j.runs > 0 THEN sequence(1, j.runs) END) AS x_n(n)
  ) AS b
) AS r;

-- Grain: one row a task attempt. Tasks share the run's time evenly; what comes after the failed one is skipped.
CREATE OR REPLACE TABLE sim.task_run AS
SELECT
  t.*,
  CAST(100000000000000 + sim_key('task', t.k) % 900000000000000 AS STRING) AS task_run_id,
  CASE WHEN t.skipped THEN 'SKIPPED' WHEN t.attempt < t.attempts THEN 'FAILED' WHEN t.task_no = t.fails_at THEN t.run_state ELSE 'SUCCEEDED' END AS result_state,
  CASE WHEN t.skipped THEN 'SKIPPED' WHEN t.attempt < t.attempts THEN 'RUN_EXECUTION_ERROR' WHEN t.task_no = t.fails_at THEN t.run_code ELSE 'SUCCESS' END AS termination_code,
  t.from_us + CAST((t.to_us - t.from_us) * (t.attempt - 1) / t.attempts AS BIGINT) AS start_us,
  t.from_us + CAST((t.to_us - t.from_us) * t.attempt / t.attempts AS BIGINT) AS end_us,
  greatest(t.run_known, date_from_unix_date(CAST((t.from_us + CAST((t.to_us - t.from_us) * (t.attempt - 1) / t.attempts AS BIGINT)) DIV 86400000000 AS INT)
    + CASE WHEN sim_random('late task', t.k, 0) < 0.03 THEN 1 + CAST(floor(3 * sim_random('late task days', t.k, 0)) AS INT) ELSE 0 END)) AS known
FROM (
  SELECT
    s.*,
    attempt,
    sim_key('task', s.run_k, s.task_no, attempt) AS k
  FROM (
    SELECT
      r.k AS run_k,
      r.job_no,
      r.run_id,
      r.d,
      r.cluster_id,
      r.compute,
      r.fails_at,
      r.known AS run_known,
      r.result_state AS run_state,
      r.termination_code AS run_code,
      t.task_no,
      t.task_no > r.fails_at AS skipped,
      r.start_us + CASE WHEN t.task_no > r.fails_at THEN r.duration_us ELSE CAST(r.duration_us * t.task_no / least(r.tasks, r.fails_at + 1) AS BIGINT) END AS from_us,
      r.start_us + CASE WHEN t.task_no > r.fails_at THEN r.duration_us ELSE CAST(r.duration_us * (t.task_no + 1) / least(r.tasks, r.fails_at + 1) AS BIGINT) END AS to_us,
      CASE
        WHEN t.task_no > r.fails_at THEN 1
        WHEN r.retry IS NOT NULL THEN CAST(floor(r.retry + sim_random('retries', r.k, t.task_no)) AS INT)
        WHEN sim_random('retried', r.k, t.task_no) < 0.012 THEN 2
        ELSE 1
      END AS attempts
    FROM sim.run AS r
    JOIN sim.task AS t ON t.job_no = r.job_no
  ) AS s
  CROSS JOIN LATERAL explode(sequence(1, s.attempts)) AS x_attempt(attempt)
) AS t;

-- Slices end at the full hour; the state stands on the last one only.
CREATE OR REPLACE TABLE sim.run_slice AS
SELECT
  a.* EXCEPT (delivered, corrected),
  a.corrected,
  CASE WHEN a.corrected THEN a.delivered END AS first_arrival,
  CASE WHEN a.corrected THEN date_add(a.delivered, 1) ELSE a.delivered END AS arrival
FROM (
SELECT
  x.*,
  x.result_state IS NOT NULL AND sim_random('run corrected', x.k) < 0.01 AS corrected,
  greatest(x.known, date_from_unix_date(CAST((x.slice_end_us - 1) DIV 86400000000 AS INT)
    + CASE WHEN sim_random('late run', x.k, x.hour_no) < 0.03 THEN 1 + CAST(floor(3 * sim_random('late run days', x.k, x.hour_no)) AS INT) ELSE 0 END)) AS delivered
FROM (
  SELECT
    r.k, r.job_no, r.run_id, r.cluster_id, r.compute, r.extra, r.known,
    hour_no,
    greatest(r.start_us, (r.start_us DIV 3600000000 + hour_no) * 3600000000) AS slice_start_us,
    least(r.end_us, (r.start_us DIV 3600000000 + hour_no + 1) * 3600000000) AS slice_end_us,
    CASE WHEN r.end_us <= (r.start_us DIV 3600000000 + hour_no + 1) * 3600000000 THEN r.result_state END AS result_state,
    CASE WHEN r.end_us <= (r.start_us DIV 3600000000 + hour_no + 1) * 3600000000 THEN r.termination_code END AS termination_code
  FROM sim.run AS r
  CROSS JOIN LATERAL explode(sequence(0, CAST((r.end_us - 1) DIV 3600000000 - r.start_us DIV 3600000000 AS INT))) AS x_hour_no(hour_no)
) AS x
) AS a;

CREATE OR REPLACE TABLE sim.task_slice AS
SELECT
  x.*,
  greatest(x.known, date_from_unix_date(CAST(greatest(x.slice_start_us, x.slice_end_us - 1) DIV 86400000000 AS INT)
    + CASE WHEN sim_random('late task', x.k, x.hour_no) < 0.03 THEN 1 + CAST(floor(3 * sim_random('late task days', x.k, x.hour_no)) AS INT) ELSE 0 END)) AS arrival
FROM (
  SELECT
    t.k, t.job_no, t.task_no, t.run_id, t.task_run_id, t.cluster_id, t.compute, t.known,
    hour_no,
    greatest(t.start_us, (t.start_us DIV 3600000000 + hour_no) * 3600000000) AS slice_start_us,
    least(t.end_us, (t.start_us DIV 3600000000 + hour_no + 1) * 3600000000) AS slice_end_us,
    CASE WHEN t.end_us <= (t.start_us DIV 3600000000 + hour_no + 1) * 3600000000 THEN t.result_state END AS result_state,
    CASE WHEN t.end_us <= (t.start_us DIV 3600000000 + hour_no + 1) * 3600000000 THEN t.termination_code END AS termination_code
  FROM sim.task_run AS t
  CROSS JOIN LATERAL explode(sequence(0, CAST(greatest(t.end_us - 1, t.start_us) DIV 3600000000 - t.start_us DIV 3600000000 AS INT))) AS x_hour_no(hour_no)
) AS x;

-- ---- clusters: what ran how long on how many nodes ------------------------------------------------------------------

-- Grain: one row a session of an all-purpose cluster or a run's own cluster. A runaway cluster is not stopped: its session is longer.
CREATE OR REPLACE TABLE sim.cluster_use AS
SELECT
  sim_key('session', y.seed, c.cluster_no, y.d) AS k,
  'UI' AS source,
  c.cluster_no,
  CAST(NULL AS BIGINT) AS job_no,
  CAST(NULL AS STRING) AS run_id,
  c.cluster_id,
  c.node_type,
  c.workers,
  c.dbu_hour,
  y.day_us + 1000000L * CAST(28800 + 14400 * sim_random('session start', y.seed, c.cluster_no, y.d) AS BIGINT) AS start_us,
  y.day_us + 1000000L * CAST(28800 + 14400 * sim_random('session start', y.seed, c.cluster_no, y.d) AS BIGINT)
    + 1000000L * CAST((5400 + 5400 * sim_random('session', y.seed, c.cluster_no, y.d)) * coalesce(e.size, 1.0) AS BIGINT) AS end_us,
  e.size IS NOT NULL AS runaway,
  CAST(NULL AS DATE) AS known
FROM sim.cluster AS c
CROSS JOIN sim.day AS y
LEFT JOIN sim.other_effect AS e ON e.kind = 'runaway_cluster' AND e.target_no = c.cluster_no AND e.d = y.d
WHERE sim_random('session held', y.seed, c.cluster_no, y.d) < y.working
UNION ALL
SELECT
  sim_key('cluster', r.k),
  'JOB',
  CAST(NULL AS BIGINT),
  r.job_no,
  r.run_id,
  r.cluster_id,
  j.node_type,
  j.workers,
  j.dbu_hour,
  r.start_us,
  r.end_us,
  FALSE,
  r.known
FROM sim.run AS r
JOIN sim.job AS j ON j.job_no = r.job_no
WHERE r.compute = 'classic';

-- Grain: one row a cluster and clock hour.
CREATE OR REPLACE TABLE sim.cluster_hour AS
SELECT
  x.*,
  greatest(x.known, date_from_unix_date(CAST((x.slice_end_us - 1) DIV 86400000000 AS INT)
    + CASE WHEN sim_random('late node', x.k, x.hour_no) < 0.03 THEN 1 + CAST(floor(3 * sim_random('late node days', x.k, x.hour_no)) AS INT) ELSE 0 END)) AS arrival
FROM (
  SELECT
    u.*,
    hour_no,
    greatest(u.start_us, (u.start_us DIV 3600000000 + hour_no) * 3600000000) AS slice_start_us,
    least(u.end_us, (u.start_us DIV 3600000000 + hour_no + 1) * 3600000000) AS slice_end_us
  FROM sim.cluster_use AS u
  CROSS JOIN LATERAL explode(sequence(0, CAST((u.end_us - 1) DIV 3600000000 - u.start_us DIV 3600000000 AS INT))) AS x_hour_no(hour_no)
) AS x;

-- ---- warehouses ------------------------------------------------------------------------------------------------

-- Grain: one row a statement. A planned migration moves the statements to the next warehouse.
CREATE OR REPLACE TABLE sim.query AS
SELECT
  a.* EXCEPT (delivered, corrected),
  a.corrected,
  CASE WHEN a.corrected THEN a.delivered END AS first_arrival,
  CASE WHEN a.corrected THEN date_add(a.delivered, 1) ELSE a.delivered END AS arrival
FROM (
SELECT
  q.*,
  sim_random('query corrected', q.k) < 0.004 AS corrected,
  q.start_us + 1000 * q.total_ms AS end_us,
  date_from_unix_date(CAST((q.start_us + 1000 * q.total_ms) DIV 86400000000 AS INT)
    + CASE WHEN sim_random('late query', q.k) < 0.03 THEN 1 + CAST(floor(3 * sim_random('late query days', q.k)) AS INT) ELSE 0 END) AS delivered
FROM (
  SELECT
    p.*,
    p.wait_ms + p.queue_ms + p.compile_ms + p.exec_ms + p.fetch_ms AS total_ms
  FROM (
    SELECT
      b.*,
      CAST(b.u_state >= 0.03 AND b.cached = FALSE AS BOOLEAN) AS runs,
      CASE WHEN b.u_state < 0.02 THEN 'FAILED' WHEN b.u_state < 0.03 THEN 'CANCELED' ELSE 'FINISHED' END AS state,
      CAST(CASE WHEN b.cached THEN 20 + 60 * sim_random('query exec', b.k) ELSE b.busy_ms * CASE WHEN b.spilling IS NULL THEN 1.0 ELSE 1 + 0.5 * (b.spilling - 1) END
        * CASE WHEN b.cache IS NULL THEN 1.0 ELSE 1 + 0.3 * (b.cache - 1) END END AS BIGINT) AS exec_ms,
      CAST(CASE WHEN b.cached THEN 0 ELSE coalesce((b.queueing - 1) * (b.busy_ms + 250), CASE WHEN sim_random('query queue', b.k) < 0.04 THEN 0.5 * b.busy_ms ELSE 0 END) END AS BIGINT) AS queue_ms,
      CAST(CASE WHEN sim_random('query wait', b.k) < 0.02 THEN 3000 + 5000 * sim_random('query wait ms', b.k) ELSE 0 END AS BIGINT) AS wait_ms,
      CAST(30 + 170 * sim_random('query compile', b.k) AS BIGINT) AS compile_ms,
      CAST(5 + 60 * sim_random('query fetch', b.k) AS BIGINT) AS fetch_ms,
      CASE WHEN b.cached OR b.kind = 4 THEN 0 ELSE CAST(b.busy_ms * (20000 + 40000 * sim_random('query bytes', b.k)) AS BIGINT) END AS read_bytes
    FROM (
      SELECT
        a.k,
        a.d,
        a.warehouse_no,
        a.user_no,
        a.kind,
        a.source_no,
        a.target_no,
        a.start_us,
        a.u_state,
        e.queueing,
        e.spill AS spilling,
        e.cache,
        a.kind = 0 AND sim_random('query cached', a.k) < 0.15 / coalesce(e.cache, 1.0) AS cached,
        CASE a.kind WHEN 0 THEN h.base_ms WHEN 4 THEN 40.0 ELSE 2.5 * h.base_ms END * exp(0.8 * sim_normal('query busy', a.k)) AS busy_ms
      FROM (
        SELECT
          sim_key('query', y.seed, h.warehouse_no, y.d, n) AS k,
          y.d,
          CASE WHEN e.migration IS NOT NULL THEN (h.warehouse_no + 1) % s.warehouses ELSE h.warehouse_no END AS warehouse_no,
          CAST(sim_key('query user', y.seed, h.warehouse_no, y.d, n) % s.users AS BIGINT) AS any_user,
          CASE
            WHEN u.dormant OR unix_micros(u.created_at) >= y.day_us THEN CAST((h.warehouse_no + n) % 10 AS BIGINT)
            ELSE u.user_no
          END AS user_no,
          CASE WHEN sim_random('query kind', y.seed, h.warehouse_no, y.d, n) < 0.74 THEN 0 WHEN sim_random('query kind', y.seed, h.warehouse_no, y.d, n) < 0.84 THEN 1
            WHEN sim_random('query kind', y.seed, h.warehouse_no, y.d, n) < 0.90 THEN 2 WHEN sim_random('query kind', y.seed, h.warehouse_no, y.d, n) < 0.95 THEN 3 ELSE 4 END AS kind,
          CAST(sim_key('query source', y.seed, h.warehouse_no, y.d, n) % s.tables AS BIGINT) AS source_no,
          CAST(sim_key('query target', y.seed, h.warehouse_no, y.d, n) % s.tables AS BIGINT) AS target_no,
          y.day_us + 1000 * CAST(
            CASE WHEN sim_random('query night', y.seed, h.warehouse_no, y.d, n) < 0.1 THEN 86340000 * sim_random('query time', y.seed, h.warehouse_no, y.d, n)
              ELSE 3600000 * (6.5 + 7 * sim_random('query time', y.seed, h.warehouse_no, y.d, n) + 7 * sim_random('query time 2', y.seed, h.warehouse_no, y.d, n)) END AS BIGINT) AS start_us,
          sim_random('query state', y.seed, h.warehouse_no, y.d, n) AS u_state
        FROM sim.warehouse AS h
        CROSS JOIN sim.day AS y
        CROSS JOIN sim.size AS s
        LEFT JOIN sim.warehouse_effect AS e ON e.warehouse_no = h.warehouse_no AND e.d = y.d
        LEFT JOIN sim.team_effect AS te ON te.team_no = h.team_no AND te.d = y.d
        CROSS JOIN LATERAL explode(sequence(1, greatest(2, CAST(floor(h.queries_a_day * y.working * y.growth * coalesce(te.month_end, 1.0) + sim_random('queries', y.seed, h.warehouse_no, y.d)) AS INT)))) AS x_n(n)
        JOIN sim.person AS u ON u.user_no = sim_key('query user', y.seed, h.warehouse_no, y.d, n) % s.users
      ) AS a
      JOIN sim.warehouse AS h ON h.warehouse_no = a.warehouse_no
      LEFT JOIN sim.warehouse_effect AS e ON e.warehouse_no = a.warehouse_no AND e.d = a.d
    ) AS b
  ) AS p
) AS q
) AS a;

-- Grain: one row a time that a warehouse ran, within a day: from the first statement until auto-stop after the last. An idle warehouse runs
-- on: its hours grow to `idle` times as many, into the gaps and, where the day is too short, on a second cluster from midnight.
CREATE OR REPLACE TABLE sim.warehouse_run AS
SELECT
  x.warehouse_no,
  x.d,
  sim_key('warehouse run', x.seed, x.warehouse_no, x.d, x.session_no) AS k,
  x.session_no,
  x.start_us,
  x.stop_us + CAST(least(x.gap_us, greatest(0, x.budget_us - x.gaps_before_us)) AS BIGINT) AS stop_us,
  1 AS clusters,
  x.budget_us - x.gaps_us AS rest_us,
  x.day_us
FROM (
  SELECT
    g.*,
    coalesce((e.idle - 1), 0) * sum(g.stop_us - g.start_us) OVER (PARTITION BY g.warehouse_no, g.d) AS budget_us,
    coalesce(sum(g.gap_us) OVER (PARTITION BY g.warehouse_no, g.d ORDER BY g.session_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS gaps_before_us,
    sum(g.gap_us) OVER (PARTITION BY g.warehouse_no, g.d) AS gaps_us
  FROM (
    SELECT
      f.*,
      coalesce(lead(f.start_us) OVER (PARTITION BY f.warehouse_no, f.d ORDER BY f.session_no), f.day_us + 86400000000) - f.stop_us AS gap_us
    FROM (
      SELECT
        t.warehouse_no,
        t.d,
        t.session_no,
        y.seed,
        y.day_us,
        min(t.start_us) AS start_us,
        least(max(t.end_us) + 60000000L * CAST(max(h.auto_stop_minutes) AS BIGINT), y.day_us + 86400000000) AS stop_us
      FROM (
        SELECT
          m.*,
          CAST(sum(CASE WHEN m.before_us IS NULL OR m.start_us > m.before_us + m.auto_stop_us THEN 1 ELSE 0 END)
            OVER (PARTITION BY m.warehouse_no, m.d ORDER BY m.start_us, m.k ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS INT) AS session_no
        FROM (
          SELECT
            q.warehouse_no,
            q.d,
            q.k,
            q.start_us,
            q.end_us,
            60000000L * CAST(h.auto_stop_minutes AS BIGINT) AS auto_stop_us,
            max(q.end_us) OVER (PARTITION BY q.warehouse_no, q.d ORDER BY q.start_us, q.k ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_us
          FROM sim.query AS q
          JOIN sim.warehouse AS h ON h.warehouse_no = q.warehouse_no
        ) AS m
      ) AS t
      JOIN sim.warehouse AS h ON h.warehouse_no = t.warehouse_no
      JOIN sim.day AS y ON y.d = t.d
      GROUP BY t.warehouse_no, t.d, t.session_no, y.seed, y.day_us
    ) AS f
    WHERE f.start_us < f.stop_us
  ) AS g
  LEFT JOIN sim.warehouse_effect AS e ON e.warehouse_no = g.warehouse_no AND e.d = g.d
) AS x;

-- ---- pipelines ------------------------------------------------------------------------------------------------

CREATE OR REPLACE TABLE sim.update AS
SELECT
  u.*,
  sim_uuid('update', u.k) AS update_id,
  u.start_us + u.duration_us AS end_us,
  date_from_unix_date(CAST(u.start_us DIV 86400000000 AS INT)
    + CASE WHEN sim_random('late update', u.k, 0) < 0.03 THEN 1 + CAST(floor(3 * sim_random('late update days', u.k, 0)) AS INT) ELSE 0 END) AS known,
  CASE WHEN u.stuck IS NOT NULL THEN 'CANCELED' WHEN sim_random('update fails', u.k) < 0.03 THEN 'FAILED' ELSE 'COMPLETED' END AS result_state
FROM (
  SELECT
    sim_key('update', y.seed, p.pipeline_no, y.d, n) AS k,
    p.pipeline_no,
    y.d,
    n,
    e.size AS stuck,
    y.day_us + 1000000L * CAST(((n - 1) * 86400 / greatest(1, ceil(p.updates_a_day)) + 1200 * sim_random('update start', y.seed, p.pipeline_no, y.d, n)) % 86400 AS BIGINT) AS start_us,
    1000000L * CAST(p.duration_s * exp(0.2 * sim_normal('update', y.seed, p.pipeline_no, y.d, n)) * coalesce(e.size, 1.0) AS BIGINT) AS duration_us
  FROM sim.pipeline AS p
  CROSS JOIN sim.day AS y
  LEFT JOIN sim.other_effect AS e ON e.kind = 'stuck_pipeline' AND e.target_no = p.pipeline_no AND e.d = y.d
  CROSS JOIN LATERAL explode(sequence(1, greatest(1, CAST(floor(p.updates_a_day * y.growth + sim_random('updates', y.seed, p.pipeline_no, y.d)) AS INT)))) AS x_n(n)
) AS u;

CREATE OR REPLACE TABLE sim.update_slice AS
SELECT
  x.*,
  greatest(x.known, date_from_unix_date(CAST((x.slice_end_us - 1) DIV 86400000000 AS INT)
    + CASE WHEN sim_random('late update', x.k, x.hour_no) < 0.03 THEN 1 + CAST(floor(3 * sim_random('late update days', x.k, x.hour_no)) AS INT) ELSE 0 END)) AS arrival
FROM (
  SELECT
    u.k, u.pipeline_no, u.update_id, u.d, u.n, u.known,
    hour_no,
    greatest(u.start_us, (u.start_us DIV 3600000000 + hour_no) * 3600000000) AS slice_start_us,
    least(u.end_us, (u.start_us DIV 3600000000 + hour_no + 1) * 3600000000) AS slice_end_us,
    CASE WHEN u.end_us <= (u.start_us DIV 3600000000 + hour_no + 1) * 3600000000 THEN u.result_state END AS result_state
  FROM sim.update AS u
  CROSS JOIN LATERAL explode(sequence(0, CAST((u.end_us - 1) DIV 3600000000 - u.start_us DIV 3600000000 AS INT))) AS x_hour_no(hour_no)
) AS x;

-- ---- serving ------------------------------------------------------------------------------------------------

CREATE OR REPLACE TABLE sim.call AS
SELECT
  a.* EXCEPT (delivered, corrected),
  a.corrected,
  CASE WHEN a.corrected THEN a.delivered END AS first_arrival,
  CASE WHEN a.corrected THEN date_add(a.delivered, 1) ELSE a.delivered END AS arrival
FROM (
SELECT
  c.*,
  sim_random('call corrected', c.k) < 0.004 AS corrected,
  date_from_unix_date(c.d + CASE WHEN sim_random('late call', c.k) < 0.03 THEN 1 + CAST(floor(3 * sim_random('late call days', c.k)) AS INT) ELSE 0 END) AS delivered,
  CASE WHEN c.u_state < c.error_share THEN CASE WHEN c.u_state < 0.5 * c.error_share THEN 500 ELSE 429 END ELSE 200 END AS status_code,
  CAST(c.prompt_tokens * exp(0.4 * sim_normal('call in', c.k)) * c.token_factor AS BIGINT) AS input_tokens,
  CAST(0.4 * c.prompt_tokens * exp(0.5 * sim_normal('call out', c.k)) * c.token_factor AS BIGINT) AS output_tokens
FROM (
  SELECT
    sim_key('call', y.seed, p.endpoint_no, y.d, n) AS k,
    y.d,
    p.endpoint_no,
    p.prompt_tokens,
    y.day_us + 1000 * CAST(3600000 * (4 + 10 * sim_random('call time', y.seed, p.endpoint_no, y.d, n) + 9.9 * sim_random('call time 2', y.seed, p.endpoint_no, y.d, n)) AS BIGINT) AS request_us,
    sim_random('call state', y.seed, p.endpoint_no, y.d, n) AS u_state,
    least(1.0, 0.01 + coalesce(0.1 * ee.size, 0.0)) AS error_share,
    coalesce(te.size, 1.0) AS token_factor
  FROM sim.endpoint AS p
  CROSS JOIN sim.day AS y
  LEFT JOIN sim.other_effect AS ee ON ee.kind = 'serving_errors' AND ee.target_no = p.endpoint_no AND ee.d = y.d
  LEFT JOIN sim.other_effect AS te ON te.kind = 'token_surge' AND te.target_no = p.endpoint_no AND te.d = y.d
  CROSS JOIN LATERAL explode(sequence(1, greatest(1, CAST(floor(p.calls_a_day * (0.4 + 0.6 * y.working) * y.growth + sim_random('calls', y.seed, p.endpoint_no, y.d)) AS INT)))) AS x_n(n)
) AS c
) AS a;

-- ---- experiments ------------------------------------------------------------------------------------------------

CREATE OR REPLACE TABLE sim.ml_run AS
SELECT
  m.*,
  date_from_unix_date(CAST(m.end_us DIV 86400000000 AS INT)
    + CASE WHEN sim_random('late ml run', m.k) < 0.03 THEN 1 + CAST(floor(3 * sim_random('late ml run days', m.k)) AS INT) ELSE 0 END) AS arrival
FROM (
  SELECT
    b.*,
    sim_id('ml run', b.k) AS ml_run_id,
    b.start_us + 1000000L * CAST(600 + 5400 * sim_random('ml duration', b.k) AS BIGINT) AS end_us,
    CASE WHEN sim_random('ml state', b.k) < 0.06 THEN 'FAILED' ELSE 'FINISHED' END AS status
  FROM (
    SELECT
      sim_key('ml run', y.seed, x.experiment_no, y.d, n) AS k,
      x.experiment_no,
      y.d,
      y.day_us + 1000000L * CAST(25200 + 46800 * sim_random('ml start', y.seed, x.experiment_no, y.d, n) AS BIGINT) AS start_us
    FROM sim.experiment AS x
    CROSS JOIN sim.day AS y
    CROSS JOIN LATERAL explode(CASE WHEN floor(x.runs_a_day * y.working * y.growth + sim_random('ml runs', y.seed, x.experiment_no, y.d)) >= 1
      THEN sequence(1, CAST(floor(x.runs_a_day * y.working * y.growth + sim_random('ml runs', y.seed, x.experiment_no, y.d)) AS INT)) END) AS x_n(n)
  ) AS b
) AS m;

-- ---- lineage: which statement, task or update read and wrote what -----------------------------------------------------------

-- Grain: one row a source and target of an event. A stale table is not written, neither are columns of one whose schema changed read by their old names.
CREATE OR REPLACE TABLE sim.lineage AS
SELECT
  l.*,
  greatest(l.known, date_from_unix_date(CAST(l.event_us DIV 86400000000 AS INT)
    + CASE WHEN sim_random('late lineage', l.k) < 0.03 THEN 1 + CAST(floor(3 * sim_random('late lineage days', l.k)) AS INT) ELSE 0 END)) AS arrival
FROM (
  SELECT
    sim_key('query lineage', q.k) AS k,
    'QUERY' AS entity,
    q.end_us AS event_us,
    q.source_no,
    CASE WHEN q.kind BETWEEN 1 AND 3 THEN q.target_no END AS target_no,
    q.warehouse_no,
    q.user_no,
    q.k AS query_k,
    CAST(NULL AS BIGINT) AS job_no,
    CAST(NULL AS STRING) AS run_id,
    CAST(NULL AS BIGINT) AS pipeline_no,
    CAST(NULL AS STRING) AS update_id,
    coalesce(q.first_arrival, q.arrival) AS known
  FROM sim.query AS q
  WHERE q.state = 'FINISHED' AND q.kind < 4 AND NOT q.cached
  UNION ALL
  SELECT
    sim_key('task lineage', t.k, side),
    'JOB',
    t.end_us,
    k.source_no,
    CASE WHEN side = 1 THEN k.target_no END,
    NULL,
    NULL,
    NULL,
    t.job_no,
    t.task_run_id,
    NULL,
    NULL,
    t.known
  FROM sim.task_run AS t
  JOIN sim.task AS k ON k.job_no = t.job_no AND k.task_no = t.task_no
  CROSS JOIN LATERAL explode(array(0, 1)) AS x_side(side)
  WHERE t.result_state = 'SUCCEEDED'
  UNION ALL
  SELECT
    sim_key('update lineage', u.k),
    'PIPELINE',
    u.end_us,
    p.source_no,
    p.target_no,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    u.pipeline_no,
    u.update_id,
    u.known
  FROM sim.update AS u
  JOIN sim.pipeline AS p ON p.pipeline_no = u.pipeline_no
  WHERE u.result_state = 'COMPLETED'
) AS l
LEFT JOIN sim.other_effect AS stale ON stale.kind = 'stale_table' AND stale.target_no = l.target_no AND stale.d = CAST(l.event_us DIV 86400000000 AS INT)
WHERE stale.size IS NULL
ORDER BY arrival;

-- ---- events with a time and a number only ------------------------------------------------------------------------------

CREATE OR REPLACE TABLE sim.beat AS
SELECT
  b.*,
  CAST(sim_key('beat table', b.k) % b.tables AS BIGINT) AS table_no,
  CAST(sim_key('beat user', b.k) % 16 AS BIGINT) AS user_no,
  CAST(sim_key('beat workspace', b.k) % b.workspaces AS BIGINT) AS workspace_no,
  floor(50000.0D + 1500000.0D * sim_random('beat quantity', b.k)) / 1000000.0D AS quantity,
  date_from_unix_date(b.d + CASE WHEN sim_random('late beat', b.k) < 0.03 THEN 1 + CAST(floor(3 * sim_random('late beat days', b.k)) AS INT) ELSE 0 END) AS arrival
FROM (
  SELECT
    r.kind,
    y.d,
    n,
    sim_key('beat', y.seed, r.kind, y.d, n) AS k,
    y.day_us + CAST(86390000000 * sim_random('beat time', y.seed, r.kind, y.d, n) AS BIGINT) AS us,
    s.tables,
    s.workspaces
  FROM sim.rate AS r
  CROSS JOIN sim.day AS y
  CROSS JOIN sim.size AS s
  CROSS JOIN LATERAL explode(sequence(1, greatest(1, CAST(floor(r.a_day * CASE WHEN y.week_day >= 5 THEN r.on_rest_days ELSE 1.0 END * y.growth + sim_random('beats', y.seed, r.kind, y.d)) AS INT)))) AS x_n(n)
) AS b;

-- Verdicts on tables: a look at each monitored table, as often a day as the root of the scale.
CREATE OR REPLACE TABLE sim.verdict AS
SELECT
  v.*,
  date_from_unix_date(v.d + CASE WHEN sim_random('late verdict', v.k) < 0.03 THEN 1 + CAST(floor(3 * sim_random('late verdict days', v.k)) AS INT) ELSE 0 END) AS arrival
FROM (
  SELECT
    sim_key('verdict', y.seed, t.table_no, y.d, n) AS k,
    t.table_no,
    y.d,
    y.day_us + 1000000L * CAST(10800 + (n - 1) * (72000 / greatest(1, CAST(round(y.root) AS INT))) + 600 * sim_random('verdict time', y.seed, t.table_no, y.d, n) AS BIGINT) AS us,
    t.daily_rows * exp(0.05 * sim_normal('verdict rows', y.seed, t.table_no, y.d)) * CASE WHEN y.week_day >= 5 THEN 0.9 ELSE 1.0 END / coalesce(vd.size, 1.0) AS last_rows,
    0.01 * (0.5 + sim_random('verdict nulls', y.seed, t.table_no, y.d, n)) * coalesce(ns.size, 1.0) AS null_share,
    st.share AS stale_share,
    CASE WHEN st.size IS NOT NULL THEN 1 + y.d - st.first_d ELSE 0 END AS stale_days,
    vd.size AS dropped,
    ns.size AS nulls
  FROM sim.table AS t
  CROSS JOIN sim.day AS y
  LEFT JOIN sim.other_effect AS st ON st.kind = 'stale_table' AND st.target_no = t.table_no AND st.d = y.d
  LEFT JOIN sim.other_effect AS vd ON vd.kind = 'volume_drop' AND vd.target_no = t.table_no AND vd.d = y.d
  LEFT JOIN sim.other_effect AS ns ON ns.kind = 'null_surge' AND ns.target_no = t.table_no AND ns.d = y.d
  CROSS JOIN LATERAL explode(sequence(1, greatest(1, CAST(round(y.root) AS INT)))) AS x_n(n)
  WHERE t.monitored
) AS v;

-- ---- usage ------------------------------------------------------------------------------------------------

-- Grain: one row a billing record before corrections; micros are millionths of a unit. Quantities are what the hours of clusters, warehouses and updates cost.
CREATE OR REPLACE TABLE sim.usage AS
SELECT
  f.*,
  sim_random('usage corrected', f.k) < 0.008 AS corrected,
  greatest(f.known, date_from_unix_date(CAST((f.end_us - 1) DIV 86400000000 AS INT)
    + CASE WHEN sim_random('late usage', f.k) < 0.04 THEN 1 + CAST(floor(3 * sim_random('late usage days', f.k)) AS INT) ELSE 0 END)) AS arrival
FROM (
  SELECT
    u.k, u.start_us, u.end_us, u.product, u.sku, u.workspace_id, u.tagged, u.run_id, u.cluster_id, u.node_type, u.update_id, u.known,
    coalesce(1000000 + u.job_no, 2000000 + u.warehouse_no, 3000000 + u.cluster_no, 4000000 + u.pipeline_no, 5000000 + u.endpoint_no, 6000000 + u.user_no, 7000000 + u.table_no) AS owner_no,
    CAST(floor(1000000.0D * u.quantity * coalesce(we.cost, 1.0) * CASE WHEN u.tagged THEN 1.0 ELSE coalesce(we.untagged, 1.0) END * coalesce(je.cost, 1.0) * coalesce(he.cost, 1.0)
      * CASE WHEN u.product = 'INTERACTIVE' THEN coalesce(te.new_team, 1.0) ELSE 1.0 END + 0.5D) AS BIGINT) AS micros
  FROM (
    SELECT
      sim_key('usage cluster', c.k, c.hour_no) AS k,
      c.slice_start_us AS start_us,
      c.slice_end_us AS end_us,
      CASE c.source WHEN 'UI' THEN 'ALL_PURPOSE' ELSE 'JOBS' END AS product,
      CASE c.source WHEN 'UI' THEN 'ENTERPRISE_ALL_PURPOSE_COMPUTE' ELSE j.sku END AS sku,
      coalesce(j.workspace_id, p.workspace_id) AS workspace_id,
      coalesce(j.tagged, p.tagged) AS tagged,
      c.cluster_no,
      c.job_no,
      c.run_id,
      c.cluster_id,
      c.node_type,
      CAST(NULL AS BIGINT) AS warehouse_no,
      CAST(NULL AS BIGINT) AS pipeline_no,
      CAST(NULL AS STRING) AS update_id,
      CAST(NULL AS BIGINT) AS endpoint_no,
      CAST(NULL AS BIGINT) AS user_no,
      CAST(NULL AS BIGINT) AS table_no,
      coalesce(j.team_no, p.team_no) AS team_no,
      (c.slice_end_us - c.slice_start_us) / 3600000000.0D * (c.workers + 1) * c.dbu_hour AS quantity,
      c.known
    FROM sim.cluster_hour AS c
    LEFT JOIN sim.job AS j ON j.job_no = c.job_no
    LEFT JOIN sim.cluster AS p ON p.cluster_no = c.cluster_no
    UNION ALL
    SELECT
      sim_key('usage run', r.k, r.hour_no), r.slice_start_us, r.slice_end_us, 'JOBS', j.sku, j.workspace_id, j.tagged, NULL, r.job_no, r.run_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
      NULL, j.team_no, (r.slice_end_us - r.slice_start_us) / 3600000000.0D * (2 + 2 * j.workers), r.known
    FROM sim.run_slice AS r
    JOIN sim.job AS j ON j.job_no = r.job_no
    WHERE r.compute = 'serverless'
    UNION ALL
    SELECT
      sim_key('usage warehouse', h.seed, h.warehouse_no, x.hour_us), x.hour_us, x.hour_us + 3600000000, 'SQL', h.sku, h.workspace_id, h.tagged, NULL, NULL, NULL, NULL, NULL, h.warehouse_no, NULL, NULL,
      NULL, NULL, NULL, h.team_no, sum(x.run_us) / 3600000000.0D * max(h.dbu_hour), NULL
    FROM (
      SELECT
        r.warehouse_no,
        (r.start_us DIV 3600000000 + hour_no) * 3600000000 AS hour_us,
        least(r.stop_us, (r.start_us DIV 3600000000 + hour_no + 1) * 3600000000) - greatest(r.start_us, (r.start_us DIV 3600000000 + hour_no) * 3600000000) AS run_us
      FROM (
        SELECT warehouse_no, start_us, stop_us FROM sim.warehouse_run
        UNION ALL
        SELECT warehouse_no, day_us, day_us + CAST(least(rest_us, 86400000000) AS BIGINT) FROM sim.warehouse_run WHERE session_no = 1 AND rest_us > 0
      ) AS r
      CROSS JOIN LATERAL explode(sequence(0, CAST((r.stop_us - 1) DIV 3600000000 - r.start_us DIV 3600000000 AS INT))) AS x_hour_no(hour_no)
    ) AS x
    JOIN sim.warehouse AS h ON h.warehouse_no = x.warehouse_no
    GROUP BY h.seed, h.warehouse_no, x.hour_us, h.sku, h.workspace_id, h.tagged, h.team_no
    UNION ALL
    SELECT
      sim_key('usage update', s.k, s.hour_no), s.slice_start_us, s.slice_end_us, 'DLT', 'ENTERPRISE_DLT_ADVANCED_COMPUTE', p.workspace_id, p.tagged, NULL, NULL, NULL, NULL, NULL, NULL, s.pipeline_no,
      s.update_id, NULL, NULL, NULL, p.team_no, (s.slice_end_us - s.slice_start_us) / 3600000000.0D * p.dbu_hour, s.known
    FROM sim.update_slice AS s
    JOIN sim.pipeline AS p ON p.pipeline_no = s.pipeline_no
    UNION ALL
    SELECT
      sim_key('usage endpoint', e.seed, e.endpoint_no, c.hour_us), c.hour_us, c.hour_us + 3600000000, 'MODEL_SERVING', 'ENTERPRISE_SERVERLESS_REAL_TIME_INFERENCE_US_EAST_N_VIRGINIA', e.workspace_id,
      TRUE, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, e.endpoint_no, NULL, NULL, e.team_no, sum(c.tokens) / 4000.0D, NULL
    FROM (
      SELECT endpoint_no, request_us DIV 3600000000 * 3600000000 AS hour_us, input_tokens + output_tokens AS tokens
      FROM sim.call
    ) AS c
    JOIN sim.endpoint AS e ON e.endpoint_no = c.endpoint_no
    GROUP BY e.seed, e.endpoint_no, c.hour_us, e.workspace_id, e.team_no
    UNION ALL
    SELECT
      sim_key('usage notebook', y.seed, p.user_no, y.d, n), y.day_us + 3600000000 * (8 + CAST(sim_key('notebook hour', y.seed, p.user_no, y.d, n) % 11 AS BIGINT)),
      y.day_us + 3600000000 * (9 + CAST(sim_key('notebook hour', y.seed, p.user_no, y.d, n) % 11 AS BIGINT)), 'INTERACTIVE', 'ENTERPRISE_ALL_PURPOSE_SERVERLESS_COMPUTE_US_EAST_N_VIRGINIA',
      p.workspace_id, p.user_no % 9 <> 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, p.user_no, NULL, p.team_no, 0.4 + 2.2 * sim_random('notebook', y.seed, p.user_no, y.d, n), NULL
    FROM sim.person AS p
    CROSS JOIN sim.day AS y
    CROSS JOIN LATERAL explode(CASE WHEN floor(p.activity * 1.5 * y.root * y.working * y.growth + sim_random('notebooks', y.seed, p.user_no, y.d)) >= 1
      THEN sequence(1, CAST(floor(p.activity * 1.5 * y.root * y.working * y.growth + sim_random('notebooks', y.seed, p.user_no, y.d)) AS INT)) END) AS x_n(n)
    WHERE NOT p.dormant AND unix_micros(p.created_at) < y.day_us
    UNION ALL
    SELECT
      sim_key('usage storage', y.seed, t.table_no, y.d, n), y.day_us, y.day_us + 86400000000, 'DEFAULT_STORAGE', 'ENTERPRISE_DATABRICKS_STORAGE_US_EAST_N_VIRGINIA', w.workspace_id, t.table_no % 4 <> 0,
      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, t.table_no, t.team_no, t.daily_rows / 40000.0D * y.growth, NULL
    FROM sim.table AS t
    CROSS JOIN sim.day AS y
    JOIN sim.workspace AS w ON w.workspace_no = t.workspace_no
    CROSS JOIN LATERAL explode(sequence(1, greatest(1, CAST(round(y.root) AS INT)))) AS x_n(n)
    WHERE t.table_no % 3 = 0
    UNION ALL
    SELECT
      sim_key('usage network', y.seed, w.workspace_no, y.d), y.day_us, y.day_us + 86400000000, 'NETWORKING', 'ENTERPRISE_PUBLIC_CONNECTIVITY_DATA_PROCESSED_US_EAST_N_VIRGINIA', w.workspace_id, FALSE,
      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, (200 + 100 * sim_random('network', y.seed, w.workspace_no, y.d)) * y.working * y.growth, NULL
    FROM sim.workspace AS w
    CROSS JOIN sim.day AS y
    UNION ALL
    SELECT
      sim_key('usage monitoring', y.seed, w.workspace_no, y.d), y.day_us + 10800000000, y.day_us + 14400000000, 'LAKEHOUSE_MONITORING', 'ENTERPRISE_DATA_QUALITY_MONITORING_US_EAST_N_VIRGINIA',
      w.workspace_id, FALSE, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3 + sim_random('monitoring', y.seed, w.workspace_no, y.d), NULL
    FROM sim.workspace AS w
    CROSS JOIN sim.day AS y
    UNION ALL
    SELECT
      sim_key('usage maintenance', b.k), b.us DIV 3600000000 * 3600000000, b.us DIV 3600000000 * 3600000000 + 3600000000, 'PREDICTIVE_OPTIMIZATION',
      'ENTERPRISE_PREDICTIVE_OPTIMIZATION_US_EAST_N_VIRGINIA', w.workspace_id, FALSE, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, t.table_no, t.team_no, b.quantity, NULL
    FROM sim.beat AS b
    JOIN sim.table AS t ON t.table_no = b.table_no
    JOIN sim.workspace AS w ON w.workspace_no = t.workspace_no
    WHERE b.kind = 'maintenance'
  ) AS u
  LEFT JOIN sim.workspace_effect AS we ON we.workspace_id = u.workspace_id AND we.d = CAST(u.start_us DIV 86400000000 AS INT)
  LEFT JOIN sim.job_effect AS je ON je.job_no = u.job_no AND je.d = CAST(u.start_us DIV 86400000000 AS INT)
  LEFT JOIN sim.warehouse_effect AS he ON he.warehouse_no = u.warehouse_no AND he.d = CAST(u.start_us DIV 86400000000 AS INT)
  LEFT JOIN sim.team_effect AS te ON te.team_no = u.team_no AND te.d = CAST(u.start_us DIV 86400000000 AS INT)
) AS f;

-- ---- audit ------------------------------------------------------------------------------------------------

-- Grain: one row an action. src says what it belongs to: person, login, run, query, lineage, or the incident that made it.
CREATE OR REPLACE TABLE sim.audit AS
SELECT
  a.*,
  greatest(a.known, date_from_unix_date(CAST(a.us DIV 86400000000 AS INT)
    + CASE WHEN sim_random('late audit', a.k) < 0.03 THEN 1 + CAST(floor(3 * sim_random('late audit days', a.k)) AS INT) ELSE 0 END)) AS arrival
FROM (
  SELECT
    sim_key('action', p.seed, p.user_no, y.d, n) AS k,
    CASE WHEN n = 1 THEN 'login' ELSE 'person' END AS src,
    y.day_us + 1000 * CAST(CASE
      WHEN n = 1 THEN 3600000 * (7 + 2 * sim_random('login time', p.seed, p.user_no, y.d))
      WHEN sim_random('action night', p.seed, p.user_no, y.d, n) < 0.02 THEN 86399000 * sim_random('action time', p.seed, p.user_no, y.d, n)
      ELSE 3600000 * (7 + 6 * sim_random('action time', p.seed, p.user_no, y.d, n) + 6 * sim_random('action time 2', p.seed, p.user_no, y.d, n)) END AS BIGINT) AS us,
    p.user_no,
    CAST(NULL AS BIGINT) AS job_no,
    CAST(NULL AS STRING) AS ref,
    CAST(sim_key('action kind', p.seed, p.user_no, y.d, n) % 20 AS INT) AS action_no,
    CASE WHEN sim_random('action fails', p.seed, p.user_no, y.d, n) < 0.015 THEN 403 ELSE 200 END AS status_code,
    CAST(NULL AS BIGINT) AS table_no,
    CAST(NULL AS DATE) AS known,
    CAST(NULL AS BIGINT) AS warehouse_no
  FROM sim.person AS p
  CROSS JOIN sim.day AS y
  CROSS JOIN LATERAL explode(CASE WHEN sim_random('works', p.seed, p.user_no, y.d) < 0.8 * y.working
    THEN sequence(1, 1 + CAST(floor(p.activity * 14 * y.root * y.growth * (0.5 + sim_random('actions', p.seed, p.user_no, y.d))) AS INT)) END) AS x_n(n)
  WHERE NOT p.dormant AND unix_micros(p.created_at) < y.day_us
  UNION ALL
  SELECT
    sim_key('run action', r.k, side), CASE WHEN side = 0 THEN 'run start' WHEN r.fail THEN 'run failed' ELSE 'run end' END, CASE side WHEN 0 THEN r.start_us ELSE r.end_us END, NULL, r.job_no, r.run_id, NULL,
    CASE WHEN side = 1 AND r.fail THEN 500 ELSE 200 END,
    NULL,
    r.known,
    NULL
  FROM sim.run AS r
  CROSS JOIN LATERAL explode(array(0, 1)) AS x_side(side)
  UNION ALL
  SELECT sim_key('query action', q.k), 'query', q.start_us, q.user_no, NULL, NULL, NULL, 200, NULL, NULL, q.warehouse_no
  FROM sim.query AS q
  UNION ALL
  SELECT sim_key('table action', l.k), 'table', l.event_us - 1000000, l.user_no, coalesce(l.job_no, -1), NULL, NULL, 200, l.source_no, NULL, NULL
  FROM sim.lineage AS l
  UNION ALL
  -- actions that only an incident makes: size times a base number a day, beside all others
  SELECT
    sim_key('incident action', y.seed, i.kind, i.target_no, y.d, n), CASE WHEN i.kind = 'permission_escalation' AND n % 2 = 0 THEN 'group_escalation' ELSE i.kind END,
    y.day_us + 1000 * CAST(CASE i.kind
      WHEN 'credential_stuffing' THEN 3600000 * (1 + 5 * sim_random('incident time', y.seed, i.kind, i.target_no, y.d, n))
      WHEN 'off_hours_export' THEN 3600000 * (0.5 + 4 * sim_random('incident time', y.seed, i.kind, i.target_no, y.d, n))
      ELSE 3600000 * (9 + 8 * sim_random('incident time', y.seed, i.kind, i.target_no, y.d, n)) END AS BIGINT),
    CASE WHEN i.kind = 'credential_stuffing' THEN CAST(sim_key('incident user', y.seed, i.target_no, y.d, n) % 12 AS BIGINT) ELSE i.target_no END, NULL, NULL, NULL, CASE WHEN i.kind = 'credential_stuffing' THEN 401 ELSE 200 END, NULL, NULL, NULL
  FROM (
    SELECT
      kind, target_no, d,
      CAST(round(size * CASE kind WHEN 'credential_stuffing' THEN 60 WHEN 'off_hours_export' THEN 20 WHEN 'permission_escalation' THEN 5 WHEN 'dormant_account' THEN 15 ELSE 1 END) AS INT) AS rows_a_day
    FROM sim.other_effect
    WHERE kind IN ('credential_stuffing', 'off_hours_export', 'permission_escalation', 'dormant_account')
  ) AS i
  JOIN sim.day AS y ON y.d = i.d
  CROSS JOIN LATERAL explode(sequence(1, i.rows_a_day)) AS x_n(n)
  UNION ALL
  SELECT sim_key('schema action', y.seed, i.target_no, y.d), 'schema_change', y.day_us + 36000000000, 3, -1, NULL, NULL, 200, i.target_no, NULL, NULL
  FROM sim.other_effect AS i
  JOIN sim.day AS y ON y.d = i.d
  WHERE i.kind = 'schema_change' AND i.d = i.first_d
) AS a
ORDER BY arrival;

-- Events of warehouses: STARTING two seconds before RUNNING, STOPPING before STOPPED; the running time is that of sim.warehouse_run.
CREATE OR REPLACE TABLE sim.warehouse_event AS
SELECT
  x.*,
  date_from_unix_date(CAST(x.us DIV 86400000000 AS INT)
    + CASE WHEN sim_random('late warehouse', x.k, x.event_type) < 0.03 THEN 1 + CAST(floor(3 * sim_random('late warehouse days', x.k, x.event_type)) AS INT) ELSE 0 END) AS arrival
FROM (
  SELECT
    r.k,
    r.warehouse_no,
    element_at(array('STARTING', 'RUNNING', 'STOPPING', 'STOPPED'), side) AS event_type,
    CASE WHEN side = 2 THEN 1 ELSE 0 END AS cluster_count,
    CASE side WHEN 1 THEN r.start_us - 2000000 WHEN 2 THEN r.start_us WHEN 3 THEN r.stop_us ELSE r.stop_us + 1000000 END AS us
  FROM sim.warehouse_run AS r
  CROSS JOIN LATERAL explode(array(1, 2, 3, 4)) AS x_side(side)
  UNION ALL
  SELECT
    r.k,
    r.warehouse_no,
    CASE side WHEN 0 THEN 'SCALED_UP' ELSE 'SCALED_DOWN' END,
    CASE side WHEN 0 THEN 2 ELSE 1 END,
    CASE side WHEN 0 THEN r.day_us ELSE r.day_us + CAST(least(r.rest_us, 86400000000) AS BIGINT) END
  FROM sim.warehouse_run AS r
  CROSS JOIN LATERAL explode(array(0, 1)) AS x_side(side)
  WHERE r.session_no = 1 AND r.rest_us > 0
) AS x;
