-- The simulated account: its entities with their evolution, made once from seed and scale.
-- Parameters: :seed, :scale, :first_day, :until_day (exclusive). Entities grow with the square root of the scale, what each of them
-- does grows with the root as well, so that rows grow linearly. Every random value is a pure function of the seed and the entity's number.

CREATE TABLE sim.size AS
SELECT
  s.*,
  greatest(2, CAST(round(3 * s.root) AS INT)) AS workspaces,
  greatest(12, CAST(round(150 * s.root) AS INT)) AS users,
  greatest(8, CAST(round(60 * s.root) AS INT)) AS jobs,
  greatest(3, CAST(round(8 * s.root) AS INT)) AS warehouses,
  greatest(2, CAST(round(4 * s.root) AS INT)) AS clusters,
  greatest(3, CAST(round(8 * s.root) AS INT)) AS pipelines,
  greatest(24, CAST(round(150 * s.root) AS INT)) AS tables,
  greatest(2, CAST(round(6 * s.root) AS INT)) AS endpoints,
  greatest(2, CAST(round(12 * s.root) AS INT)) AS experiments,
  greatest(2, CAST(round(5 * s.root) AS INT)) AS listings,
  greatest(3, CAST(round(10 * s.root) AS INT)) AS principals
FROM (
  SELECT
    :seed AS seed,
    :scale AS scale,
    sqrt(:scale) AS root,
    :first_day AS first_day,
    :until_day AS until_day,
    sim_uuid('account', :seed) AS account_id,
    sim_uuid('metastore', :seed) AS metastore_id
) AS s;

-- ---- people and teams ------------------------------------------------------------------------------

CREATE TABLE sim.workspace AS
SELECT
  n AS workspace_no,
  CAST(1000000000000000 + sim_key('workspace', s.seed, n) % 8000000000000000 AS STRING) AS workspace_id,
  CASE WHEN n < 3 THEN element_at(array('analytics-prod', 'analytics-dev', 'ml-platform'), n + 1) ELSE concat('analytics-', CAST(n AS STRING)) END AS workspace_name,
  CAST(s.first_day AS TIMESTAMP) - make_dt_interval(200 + 90 * n) AS create_time,
  s.account_id,
  s.metastore_id
FROM sim.size AS s
CROSS JOIN LATERAL explode(sequence(0, s.workspaces - 1)) AS x_n(n);

CREATE TABLE sim.team AS
SELECT
  n AS team_no,
  element_at(split('finance,marketing,data-platform,risk,supply-chain,product-analytics,ml-research,customer-care', ','), n + 1) AS team,
  concat('cc-', CAST(4100 + 10 * n AS STRING)) AS cost_center
FROM sim.size AS s
CROSS JOIN LATERAL explode(sequence(0, 7)) AS x_n(n);

-- Three in ten join while the simulation runs. One in thirty is dormant: an account that nobody uses.
CREATE TABLE sim.person AS
SELECT
  p.*,
  CAST(7000000000000 + sim_key('user', p.seed, p.user_no) % 900000000000 AS STRING) AS user_id,
  concat(
    lower(p.first_name), '.', lower(p.last_name), CASE WHEN p.user_no >= 1600 THEN CAST(p.user_no DIV 1600 AS STRING) ELSE '' END, '@example.com') AS email,
  t.team,
  t.cost_center,
  w.workspace_id,
  concat('10.', CAST(20 + p.workspace_no AS STRING), '.', CAST(sim_key('ip', p.seed, p.user_no) % 250 AS STRING), '.', CAST(2 + p.user_no % 250 AS STRING)) AS ip
FROM (
  SELECT
    n AS user_no,
    s.seed,
    s.account_id,
    element_at(
      split('Alice,Bruno,Chloe,Daniel,Elena,Farid,Grace,Hugo,Ines,Jonas,Keiko,Liam,Maria,Nikhil,Olga,Pedro,Qing,Rosa,Samir,Tessa,Umar,Vera,Wei,Xenia,Yusuf,Zoe,Anton,Bianca,Cedric,Dina,Emil,Fiona,Goran,Hanna,Ivan,Julia,Karim,Lena,Marco,Nadia', ','),
      1 + (n % 40)) AS first_name,
    element_at(
      split('Abbott,Becker,Costa,Dubois,Eriksen,Fischer,Garcia,Haddad,Ito,Jansen,Kowalski,Lopez,Moreau,Novak,Okafor,Petrov,Quinn,Rossi,Schmidt,Tanaka,Ueda,Vargas,Weber,Xu,Yilmaz,Zhang,Andersson,Brown,Clark,Diaz,Evans,Ferrari,Gupta,Hansen,Ibrahim,Jones,Kaya,Lindqvist,Murphy,Nguyen', ','),
      1 + CAST((n DIV 40 + 7 * n) % 40 AS INT)) AS last_name,
    n % 8 AS team_no,
    CAST((n DIV 8) % s.workspaces AS INT) AS workspace_no,
    CASE n % 10 WHEN 0 THEN 'admin' WHEN 1 THEN 'engineer' WHEN 2 THEN 'engineer' WHEN 3 THEN 'scientist' ELSE 'analyst' END AS role,
    n % 30 = 17 OR (n = 11 AND s.users < 30) AS dormant,
    0.4 + 1.2 * sim_random('activity', s.seed, n) AS activity,
    CASE
      WHEN n < 30 OR sim_random('joined', s.seed, n) < 0.7 THEN CAST(s.first_day AS TIMESTAMP) - make_dt_interval(20 + CAST(sim_key('joined', s.seed, n) % 900 AS INT))
      ELSE CAST(date_add(s.first_day, CAST(floor(sim_random('join', s.seed, n) * datediff(s.until_day, s.first_day)) AS INT)) AS TIMESTAMP) + make_dt_interval(0, 8, CAST(n % 60 AS INT))
    END AS created_at
  FROM sim.size AS s
  CROSS JOIN LATERAL explode(sequence(0, s.users - 1)) AS x_n(n)
) AS p
JOIN sim.team AS t ON t.team_no = p.team_no
JOIN sim.workspace AS w ON w.workspace_no = p.workspace_no;

CREATE TABLE sim.principal AS
SELECT
  n AS principal_no,
  sim_uuid('principal', s.seed, n) AS application_id,
  concat('sp-', t.team, '-', CAST(n DIV 8 AS STRING)) AS principal_name,
  t.team_no
FROM sim.size AS s
CROSS JOIN LATERAL explode(sequence(0, s.principals - 1)) AS x_n(n)
JOIN sim.team AS t ON t.team_no = n % 8;

-- ---- prices and hardware ------------------------------------------------------------------------------

CREATE TABLE sim.sku AS
SELECT col1 AS sku, col2 AS usage_unit, CAST(col3 AS DOUBLE) AS list_price, col4 AS product
FROM VALUES
  ('ENTERPRISE_JOBS_COMPUTE', 'DBU', 0.20, 'JOBS'),
  ('ENTERPRISE_JOBS_COMPUTE_(PHOTON)', 'DBU', 0.20, 'JOBS'),
  ('ENTERPRISE_JOBS_SERVERLESS_COMPUTE_US_EAST_N_VIRGINIA', 'DBU', 0.45, 'JOBS'),
  ('ENTERPRISE_ALL_PURPOSE_COMPUTE', 'DBU', 0.65, 'ALL_PURPOSE'),
  ('ENTERPRISE_ALL_PURPOSE_SERVERLESS_COMPUTE_US_EAST_N_VIRGINIA', 'DBU', 0.95, 'INTERACTIVE'),
  ('ENTERPRISE_DLT_ADVANCED_COMPUTE', 'DBU', 0.36, 'DLT'),
  ('ENTERPRISE_SERVERLESS_SQL_COMPUTE_US_EAST_N_VIRGINIA', 'DBU', 0.70, 'SQL'),
  ('ENTERPRISE_SQL_PRO_COMPUTE_US_EAST_N_VIRGINIA', 'DBU', 0.55, 'SQL'),
  ('ENTERPRISE_SERVERLESS_REAL_TIME_INFERENCE_US_EAST_N_VIRGINIA', 'DBU', 0.07, 'MODEL_SERVING'),
  ('ENTERPRISE_PREDICTIVE_OPTIMIZATION_US_EAST_N_VIRGINIA', 'DBU', 0.45, 'PREDICTIVE_OPTIMIZATION'),
  ('ENTERPRISE_DATABRICKS_STORAGE_US_EAST_N_VIRGINIA', 'DSU', 0.023, 'DEFAULT_STORAGE'),
  ('ENTERPRISE_PUBLIC_CONNECTIVITY_DATA_PROCESSED_US_EAST_N_VIRGINIA', 'GB', 0.01, 'NETWORKING'),
  ('ENTERPRISE_DATA_QUALITY_MONITORING_US_EAST_N_VIRGINIA', 'DBU', 0.45, 'LAKEHOUSE_MONITORING');

-- Each SKU had a price before the simulation; half of them change it once, on the first of a month within it.
CREATE TABLE sim.price AS
SELECT
  s.account_id,
  k.sku,
  k.usage_unit,
  'AWS' AS cloud,
  'USD' AS currency_code,
  v.version,
  CASE WHEN v.version = 0 THEN TIMESTAMP '2023-01-01 00:00:00' ELSE CAST(s.change_day AS TIMESTAMP) END AS price_start_time,
  CASE WHEN v.version = 0 AND changes THEN CAST(s.change_day AS TIMESTAMP) END AS price_end_time,
  CAST(round(k.list_price * CASE WHEN v.version = 1 THEN 1.05 ELSE 1.0 END, 6) AS DECIMAL(18, 6)) AS list_price,
  CAST(round(k.list_price * CASE WHEN v.version = 1 THEN 1.05 ELSE 1.0 END * (1 - k.discount), 6) AS DECIMAL(18, 6)) AS account_price,
  s.first_day,
  s.change_day
FROM (
  SELECT
    sku,
    usage_unit,
    list_price,
    CASE product WHEN 'JOBS' THEN 0.15 WHEN 'SQL' THEN 0.12 WHEN 'ALL_PURPOSE' THEN 0.10 ELSE 0.05 END AS discount,
    product IN ('JOBS', 'SQL', 'MODEL_SERVING') AS may_change
  FROM sim.sku
) AS k
CROSS JOIN (
  SELECT
    account_id,
    first_day,
    CAST(date_trunc('MONTH', date_add(first_day, CAST(datediff(until_day, first_day) * 0.6 AS INT))) AS DATE) AS change_day
  FROM sim.size
) AS s
CROSS JOIN (SELECT 0 AS version UNION ALL SELECT 1 AS version) AS v
CROSS JOIN LATERAL (SELECT k.may_change AND s.change_day > s.first_day AS changes) AS c
WHERE v.version = 0 OR c.changes;

CREATE TABLE sim.node_type AS
SELECT col1 AS node_type, CAST(col2 AS DOUBLE) AS core_count, CAST(col3 AS BIGINT) AS memory_mb, CAST(col4 AS BIGINT) AS gpu_count, CAST(col5 AS DOUBLE) AS dbu_hour
FROM VALUES
  ('m5d.large', 2, 8192, 0, 0.34), ('m5d.xlarge', 4, 16384, 0, 0.69), ('m5d.2xlarge', 8, 32768, 0, 1.37),
  ('r5d.xlarge', 4, 32768, 0, 0.90), ('r5d.2xlarge', 8, 65536, 0, 1.80), ('c5d.2xlarge', 8, 16384, 0, 1.21),
  ('i3.xlarge', 4, 31232, 0, 1.00), ('i3.2xlarge', 8, 62464, 0, 2.00), ('g4dn.xlarge', 4, 16384, 1, 0.71);

-- ---- data ------------------------------------------------------------------------------------------------

CREATE TABLE sim.table AS
SELECT
  t.*,
  concat(t.catalog_name, '.', t.schema_name, '.', t.table_name) AS full_name,
  map('full_name_arg', concat(t.catalog_name, '.', t.schema_name, '.', t.table_name)) AS params
FROM (
  SELECT
    n AS table_no,
    CASE WHEN n % 10 < 7 THEN 'prod' WHEN n % 10 < 9 THEN 'dev' ELSE 'sandbox' END AS catalog_name,
    CASE n % 3 WHEN 0 THEN 'bronze' WHEN 1 THEN 'silver' ELSE 'gold' END AS schema_name,
    concat(
      element_at(split('orders,customers,payments,shipments,clicks,sessions,invoices,inventory,tickets,campaigns,suppliers,risk_scores,features,returns,prices,employees', ','), 1 + n % 16),
      CASE WHEN n % 16 = 1 THEN '_pii' WHEN n % 16 = 15 THEN '_sensitive' ELSE '' END,
      '_', element_at(split('daily,raw,hourly,curated,summary,snapshot', ','), 1 + CAST((n DIV 16) % 6 AS INT)),
      CASE WHEN n >= 96 THEN concat('_v', CAST(1 + n DIV 96 AS STRING)) ELSE '' END) AS table_name,
    sim_uuid('table', s.seed, n) AS table_id,
    n % 16 IN (1, 15, 2) AS sensitive,
    n % 8 AS team_no,
    CAST(n % s.workspaces AS INT) AS workspace_no,
    CAST(round(exp(11 + 3 * sim_random('table rows', s.seed, n))) AS BIGINT) AS daily_rows,
    CAST(n % 5 <> 4 AS BOOLEAN) AS monitored
  FROM sim.size AS s
  CROSS JOIN LATERAL explode(sequence(0, s.tables - 1)) AS x_n(n)
) AS t;

CREATE TABLE sim.column AS
SELECT
  t.table_no,
  c.column_no,
  element_at(
    CASE WHEN t.sensitive
      THEN array('id', 'email', 'full_name', 'phone_number', 'country', 'amount', 'created_at', 'updated_at')
      ELSE array('id', 'customer_id', 'amount', 'quantity', 'status', 'region', 'created_at', 'updated_at') END,
    c.column_no + 1) AS column_name
FROM sim.table AS t
CROSS JOIN (SELECT explode(sequence(0, 7)) AS column_no) AS c;

-- ---- work ------------------------------------------------------------------------------------------------

-- kind: hourly, four (a day), daily, weekly. compute: serverless, classic (a cluster a run).
CREATE TABLE sim.job AS
SELECT
  j.*,
  CAST(100000000000 + sim_key('job', j.seed, j.job_no) % 900000000000 AS STRING) AS job_id,
  concat(t.team, '-', element_at(split('ingest,transform,report,export,train,reconcile,snapshot,quality', ','), 1 + CAST((j.job_no DIV 8) % 8 AS INT)),
    '-', j.kind, CASE WHEN j.job_no >= 64 THEN concat('-', CAST(j.job_no DIV 64 AS STRING)) ELSE '' END) AS job_name,
  w.workspace_id,
  t.team,
  t.cost_center,
  CASE WHEN j.job_no % 4 = 0 THEN u.email ELSE p.application_id END AS run_as,
  u.user_id AS creator_id,
  u.email AS creator_email,
  map('team', t.team, 'cost_center', t.cost_center, 'env', CASE WHEN j.workspace_no = 1 THEN 'dev' ELSE 'prod' END) AS all_tags,
  nt.dbu_hour,
  CASE WHEN j.compute = 'serverless' THEN 'ENTERPRISE_JOBS_SERVERLESS_COMPUTE_US_EAST_N_VIRGINIA' WHEN j.photon THEN 'ENTERPRISE_JOBS_COMPUTE_(PHOTON)' ELSE 'ENTERPRISE_JOBS_COMPUTE' END AS sku
FROM (
  SELECT
    n AS job_no,
    s.seed,
    s.account_id,
    n % 8 AS team_no,
    CAST(n % s.workspaces AS INT) AS workspace_no,
    CASE WHEN n % 12 = 3 THEN 'hourly' WHEN n % 8 = 5 THEN 'four' WHEN n % 7 = 6 THEN 'weekly' ELSE 'daily' END AS kind,
    CASE WHEN n % 12 = 3 THEN 24.0 WHEN n % 8 = 5 THEN 4.0 WHEN n % 7 = 6 THEN 1.0 ELSE 1.0 END * s.root AS runs_a_day,
    CASE WHEN n % 10 IN (1, 4, 8) THEN 'classic' ELSE 'serverless' END AS compute,
    CAST(sim_key('job hour', s.seed, n) % 20 AS INT) AS start_hour,
    CASE WHEN n % 12 = 3 THEN 240.0 WHEN n % 9 = 2 THEN 4500.0 ELSE 300.0 + 900.0 * sim_random('job duration', s.seed, n) END AS duration_s,
    0.005 + 0.03 * sim_random('job failures', s.seed, n) AS fail_share,
    1 + CAST(sim_key('job tasks', s.seed, n) % 4 AS INT) AS tasks,
    1 + CAST(sim_key('job workers', s.seed, n) % 3 AS INT) AS workers,
    n % 3 <> 0 AS photon,
    n % 9 <> 7 AS tagged,
    element_at(split('m5d.large,m5d.xlarge,r5d.xlarge,i3.xlarge,m5d.2xlarge,c5d.2xlarge', ','), 1 + n % 6) AS node_type,
    element_at(split('15.4.x-scala2.12,16.4.x-scala2.13,14.3.x-scala2.12,13.3.x-scala2.12', ','), 1 + CAST(sim_key('dbr', s.seed, n) % 4 AS INT)) AS dbr_version,
    CAST(s.first_day AS TIMESTAMP) - make_dt_interval(5 + CAST(sim_key('job created', s.seed, n) % 400 AS INT), 9, CAST(n % 60 AS INT)) AS created_at,
    s.users,
    s.principals,
    s.tables
  FROM sim.size AS s
  CROSS JOIN LATERAL explode(sequence(0, s.jobs - 1)) AS x_n(n)
) AS j
JOIN sim.team AS t ON t.team_no = j.team_no
JOIN sim.workspace AS w ON w.workspace_no = j.workspace_no
JOIN sim.person AS u ON u.user_no = (j.job_no * 8 + j.team_no) % least(30, j.users)
JOIN sim.principal AS p ON p.principal_no = j.job_no % j.principals
JOIN sim.node_type AS nt ON nt.node_type = j.node_type;

-- Task n of a job reads one table and writes another; each task waits for the one before it.
CREATE TABLE sim.task AS
SELECT
  j.job_no,
  n AS task_no,
  j.job_id,
  j.workspace_id,
  element_at(array('extract', 'clean', 'join', 'publish'), n + 1) AS task_key,
  CASE WHEN n > 0 THEN array(element_at(array('extract', 'clean', 'join', 'publish'), n)) ELSE CAST(array() AS ARRAY<STRING>) END AS depends_on_keys,
  CAST((j.job_no * 4 + n) % j.tables AS INT) AS source_no,
  CAST((j.job_no * 4 + n + 1) % j.tables AS INT) AS target_no
FROM sim.job AS j
CROSS JOIN LATERAL explode(sequence(0, j.tasks - 1)) AS x_n(n);

CREATE TABLE sim.warehouse AS
SELECT
  h.*,
  w.workspace_id,
  t.team,
  t.cost_center,
  u.email AS created_by,
  concat(t.team, '-', CASE h.size_name WHEN 'Medium' THEN 'bi' WHEN 'Large' THEN 'heavy' ELSE 'adhoc' END, '-', CAST(h.warehouse_no AS STRING)) AS warehouse_name,
  map('team', t.team, 'cost_center', t.cost_center, 'env', 'prod') AS all_tags,
  map('warehouseId', h.warehouse_id) AS params,
  CASE h.size_name WHEN '2X-Small' THEN 4.0 WHEN 'X-Small' THEN 6.0 WHEN 'Small' THEN 12.0 WHEN 'Medium' THEN 24.0 ELSE 40.0 END AS dbu_hour
FROM (
  SELECT
    n AS warehouse_no,
    s.seed,
    s.account_id,
    sim_hex('warehouse', s.seed, n) AS warehouse_id,
    element_at(array('Small', '2X-Small', 'Medium', 'X-Small', 'Large'), 1 + n % 5) AS size_name,
    CASE WHEN n % 3 = 2 THEN 'PRO' ELSE 'SERVERLESS' END AS type_name,
    CASE WHEN n % 3 = 2 THEN 'PRO' ELSE 'SERVERLESS' END AS warehouse_type,
    CASE WHEN n % 3 = 2 THEN 'ENTERPRISE_SQL_PRO_COMPUTE_US_EAST_N_VIRGINIA' ELSE 'ENTERPRISE_SERVERLESS_SQL_COMPUTE_US_EAST_N_VIRGINIA' END AS sku,
    CASE WHEN n % 3 = 2 THEN 45 ELSE 15 END AS auto_stop_minutes,
    1 + n % 4 AS max_clusters,
    n % 8 AS team_no,
    CAST(n % s.workspaces AS INT) AS workspace_no,
    n % 9 <> 5 AS tagged,
    (60 + 120 * sim_random('warehouse queries', s.seed, n)) * s.root AS queries_a_day,
    900.0 * exp(0.8 * sim_normal('warehouse speed', s.seed, n)) AS base_ms,
    CAST(s.first_day AS TIMESTAMP) - make_dt_interval(30 + 11 * (n % 30), 10, CAST(n % 60 AS INT)) AS created_at
  FROM sim.size AS s
  CROSS JOIN LATERAL explode(sequence(0, s.warehouses - 1)) AS x_n(n)
) AS h
JOIN sim.team AS t ON t.team_no = h.team_no
JOIN sim.workspace AS w ON w.workspace_no = h.workspace_no
JOIN sim.person AS u ON u.user_no = h.warehouse_no % 10;

-- All-purpose clusters: a session on each working day.
CREATE TABLE sim.cluster AS
SELECT
  c.*,
  w.workspace_id,
  t.team,
  t.cost_center,
  u.email AS owned_by,
  concat(t.team, ' shared ', CAST(c.cluster_no AS STRING)) AS cluster_name,
  map('team', t.team, 'cost_center', t.cost_center, 'env', 'dev') AS all_tags,
  nt.dbu_hour
FROM (
  SELECT
    n AS cluster_no,
    s.seed,
    s.account_id,
    concat('0', CAST(100 + n % 900 AS STRING), '-', CAST(100000 + sim_key('cluster', s.seed, n) % 900000 AS STRING), '-', substr(sim_hex('cluster', s.seed, n), 2, 8)) AS cluster_id,
    element_at(array('m5d.xlarge', 'r5d.xlarge', 'i3.xlarge', 'g4dn.xlarge'), 1 + n % 4) AS node_type,
    greatest(1, CAST(round(1.6 * s.root) AS INT)) AS workers,
    n % 8 AS team_no,
    CAST(n % s.workspaces AS INT) AS workspace_no,
    n % 5 <> 3 AS tagged,
    CASE WHEN n % 2 = 0 THEN 30 ELSE 120 END AS auto_termination_minutes,
    element_at(array('15.4.x-scala2.12', '16.4.x-scala2.13', '10.4.x-scala2.12'), 1 + n % 3) AS dbr_version,
    CAST(s.first_day AS TIMESTAMP) - make_dt_interval(40 + 13 * (n % 20), 11, CAST(n % 60 AS INT)) AS created_at
  FROM sim.size AS s
  CROSS JOIN LATERAL explode(sequence(0, s.clusters - 1)) AS x_n(n)
) AS c
JOIN sim.team AS t ON t.team_no = c.team_no
JOIN sim.workspace AS w ON w.workspace_no = c.workspace_no
JOIN sim.person AS u ON u.user_no = (c.cluster_no + 3) % 12
JOIN sim.node_type AS nt ON nt.node_type = c.node_type;

CREATE TABLE sim.pipeline AS
SELECT
  p.*,
  w.workspace_id,
  t.team,
  t.cost_center,
  u.email AS created_by,
  u.email AS run_as,
  concat(t.team, '-', element_at(array('cdc', 'streaming', 'medallion', 'lakeflow'), 1 + CAST((p.pipeline_no DIV 8) % 4 AS INT)), '-pipeline', CASE WHEN p.pipeline_no >= 32 THEN concat('-', CAST(p.pipeline_no AS STRING)) ELSE '' END) AS pipeline_name,
  map('team', t.team, 'cost_center', t.cost_center, 'env', 'prod') AS all_tags
FROM (
  SELECT
    n AS pipeline_no,
    s.seed,
    s.account_id,
    sim_uuid('pipeline', s.seed, n) AS pipeline_id,
    n % 8 AS team_no,
    CAST(n % s.workspaces AS INT) AS workspace_no,
    n % 6 <> 4 AS tagged,
    4.0 * s.root AS updates_a_day,
    600.0 + 1800.0 * sim_random('pipeline duration', s.seed, n) AS duration_s,
    4.0 + 8.0 * sim_random('pipeline size', s.seed, n) AS dbu_hour,
    CAST((n * 5 + 2) % s.tables AS INT) AS source_no,
    CAST((n * 5 + 3) % s.tables AS INT) AS target_no,
    CAST(s.first_day AS TIMESTAMP) - make_dt_interval(25 + 17 * (n % 20), 12, CAST(n % 60 AS INT)) AS created_at
  FROM sim.size AS s
  CROSS JOIN LATERAL explode(sequence(0, s.pipelines - 1)) AS x_n(n)
) AS p
JOIN sim.team AS t ON t.team_no = p.team_no
JOIN sim.workspace AS w ON w.workspace_no = p.workspace_no
JOIN sim.person AS u ON u.user_no = (p.pipeline_no + 5) % 12;

CREATE TABLE sim.endpoint AS
SELECT
  e.*,
  w.workspace_id,
  t.team,
  t.cost_center,
  u.email AS created_by,
  concat(t.team, '-', element_at(array('ranker', 'chat', 'embedding', 'classifier'), 1 + e.endpoint_no % 4), '-', CAST(e.endpoint_no AS STRING)) AS endpoint_name,
  map('team', t.team, 'cost_center', t.cost_center, 'env', 'prod') AS all_tags
FROM (
  SELECT
    n AS endpoint_no,
    s.seed,
    s.account_id,
    sim_id('endpoint', s.seed, n) AS endpoint_id,
    sim_id('served', s.seed, n) AS served_entity_id,
    CASE n % 4 WHEN 1 THEN 'EXTERNAL_MODEL' WHEN 2 THEN 'FOUNDATION_MODEL' ELSE 'CUSTOM_MODEL' END AS entity_type,
    n % 8 AS team_no,
    CAST(n % s.workspaces AS INT) AS workspace_no,
    (100 + 200 * sim_random('endpoint calls', s.seed, n)) * s.root AS calls_a_day,
    150 + CAST(sim_key('prompt', s.seed, n) % 600 AS INT) AS prompt_tokens,
    CAST(s.first_day AS TIMESTAMP) - make_dt_interval(10 + 19 * (n % 20), 13, CAST(n % 60 AS INT)) AS created_at
  FROM sim.size AS s
  CROSS JOIN LATERAL explode(sequence(0, s.endpoints - 1)) AS x_n(n)
) AS e
JOIN sim.team AS t ON t.team_no = e.team_no
JOIN sim.workspace AS w ON w.workspace_no = e.workspace_no
JOIN sim.person AS u ON u.user_no = (e.endpoint_no + 2) % 12;

CREATE TABLE sim.experiment AS
SELECT
  n AS experiment_no,
  s.seed,
  s.account_id,
  CAST(300000000000 + sim_key('experiment', s.seed, n) % 600000000000 AS STRING) AS experiment_id,
  concat('/Users/', u.email, '/', element_at(array('churn', 'forecast', 'ranking', 'fraud'), 1 + n % 4), '-', CAST(n AS STRING)) AS name,
  u.email AS created_by,
  w.workspace_id,
  2.6 * s.root AS runs_a_day,
  CAST(s.first_day AS TIMESTAMP) - make_dt_interval(15 + 7 * (n % 40), 14, CAST(n % 60 AS INT)) AS created_at
FROM sim.size AS s
CROSS JOIN LATERAL explode(sequence(0, s.experiments - 1)) AS x_n(n)
JOIN sim.person AS u ON u.user_no = (n * 3 + 1) % 12
JOIN sim.workspace AS w ON w.workspace_no = n % s.workspaces;

CREATE TABLE sim.listing AS
SELECT
  n AS listing_no,
  s.seed,
  s.account_id,
  s.metastore_id,
  sim_uuid('listing', s.seed, n) AS listing_id,
  element_at(array('Weather by postal code', 'Retail footfall', 'Freight rates', 'Company registry', 'Consumer sentiment'), 1 + n % 5) AS listing_title,
  sim_uuid('provider', s.seed, 0) AS provider_id,
  'Example Data Exchange' AS provider_name,
  40.0 * s.root AS impressions_a_day
FROM sim.size AS s
CROSS JOIN LATERAL explode(sequence(0, s.listings - 1)) AS x_n(n);

-- ---- what an incident may be aimed at: target_id and target_name are those of the data -----------------------------------

CREATE TABLE sim.target AS
SELECT 'workspace' AS target_type, workspace_no AS target_no, workspace_id AS target_id, workspace_name AS target_name FROM sim.workspace
UNION ALL
SELECT 'job', job_no, job_id, job_name FROM sim.job WHERE kind <> 'weekly'
UNION ALL
SELECT 'warehouse', warehouse_no, warehouse_id, warehouse_name FROM sim.warehouse
UNION ALL
SELECT 'cluster', cluster_no, cluster_id, cluster_name FROM sim.cluster
UNION ALL
SELECT 'pipeline', pipeline_no, pipeline_id, pipeline_name FROM sim.pipeline
UNION ALL
SELECT 'endpoint', endpoint_no, endpoint_id, endpoint_name FROM sim.endpoint
UNION ALL
SELECT 'table', table_no, table_id, full_name FROM sim.table WHERE monitored
UNION ALL
SELECT 'user', user_no, user_id, email FROM sim.person WHERE NOT dormant AND user_no < 30
UNION ALL
SELECT 'dormant_user', user_no, user_id, email FROM sim.person WHERE dormant
UNION ALL
SELECT 'team', team_no, cost_center, team FROM sim.team;

-- What incidents do, a row a day; filled by the program from --incidents or the seed.
CREATE TABLE sim.incident (kind STRING, target_type STRING, target_no BIGINT, first_day DATE, day DATE, size DOUBLE, share DOUBLE);

-- ---- what people do: weighted by how often the action stands here ------------------------------------------------------------

CREATE TABLE sim.action AS
SELECT
  CAST(row_number() OVER (ORDER BY col1) - 1 AS INT) AS action_no,
  col2 AS service_name,
  col3 AS action_name,
  map(col4, col5) AS params
FROM VALUES
  (1, 'notebook', 'runCommand', 'commandLanguage', 'python'), (2, 'notebook', 'runCommand', 'commandLanguage', 'sql'),
  (3, 'notebook', 'runCommand', 'commandLanguage', 'python'), (4, 'notebook', 'attachNotebook', 'source', 'ui'),
  (5, 'notebook', 'openNotebook', 'source', 'ui'), (6, 'dashboards', 'getDashboard', 'source', 'ui'),
  (7, 'dashboards', 'getPublishedDashboard', 'source', 'ui'), (8, 'workspace', 'workspaceOpen', 'source', 'ui'),
  (9, 'unityCatalog', 'getTable', 'full_name_arg', 'prod.gold.orders_daily'), (10, 'unityCatalog', 'getSchema', 'full_name_arg', 'prod.gold'),
  (11, 'unityCatalog', 'listTables', 'catalog_name', 'prod'), (12, 'databrickssql', 'commandSubmit', 'source', 'editor'),
  (13, 'jobs', 'getRunOutput', 'source', 'ui'), (14, 'clusters', 'list', 'source', 'ui'),
  (15, 'git', 'getRepo', 'source', 'ui'), (16, 'genie', 'genieGetSpace', 'source', 'ui'),
  (17, 'secrets', 'getSecret', 'scope', 'team'), (18, 'workspace', 'downloadQueryResult', 'source', 'ui'),
  (19, 'mlflowExperiment', 'getExperiment', 'source', 'ui'), (20, 'notebook', 'detachNotebook', 'source', 'ui');

-- Events without more structure than a time and a number: how many a day at scale 1.
CREATE TABLE sim.rate AS
SELECT col1 AS kind, CAST(col2 AS DOUBLE) * s.scale AS a_day, CAST(col3 AS DOUBLE) AS on_rest_days
FROM VALUES
  ('assistant', 150, 0.2), ('inbound', 30, 0.8), ('outbound', 50, 0.8), ('listing', 220, 0.7), ('listing_access', 14, 0.4),
  ('clean_room', 18, 0.5), ('materialization', 20, 1.0), ('maintenance', 70, 1.0), ('classification', 4, 1.0)
CROSS JOIN sim.size AS s;

CREATE TABLE sim.team_tags AS
SELECT team_no, map('team', team, 'cost_center', cost_center) AS tags
FROM sim.team;

-- Versions of configurations and the day on which each is delivered: the first at the start, for four in ten a change later.
CREATE TABLE sim.version AS
SELECT
  e.entity,
  e.entity_no,
  v.version,
  CASE v.version WHEN 0 THEN s.first_day ELSE date_add(s.first_day, 1 + CAST(floor(sim_random('change day', s.seed, e.entity, e.entity_no) * (datediff(s.until_day, s.first_day) - 1)) AS INT)) END AS day
FROM (
  SELECT 'job' AS entity, job_no AS entity_no FROM sim.job
  UNION ALL
  SELECT 'warehouse', warehouse_no FROM sim.warehouse
  UNION ALL
  SELECT 'cluster', cluster_no FROM sim.cluster
  UNION ALL
  SELECT 'pipeline', pipeline_no FROM sim.pipeline
  UNION ALL
  SELECT 'endpoint', endpoint_no FROM sim.endpoint
) AS e
CROSS JOIN sim.size AS s
CROSS JOIN (SELECT explode(array(0, 1)) AS version) AS v
WHERE v.version = 0 OR (sim_random('changes', s.seed, e.entity, e.entity_no) < 0.4 AND datediff(s.until_day, s.first_day) > 1);

-- A price is delivered when it begins, and once more with its end when the next one begins.
CREATE TABLE sim.price_delivery AS
SELECT p.*, FALSE AS closed, CASE p.version WHEN 0 THEN p.first_day ELSE p.change_day END AS arrival
FROM sim.price AS p
UNION ALL
SELECT p.*, TRUE, p.change_day
FROM sim.price AS p
WHERE p.version = 0 AND p.price_end_time IS NOT NULL;

-- What usage may belong to, with what its records say of it; owner_no tells the kind by its millions.
CREATE TABLE sim.owner AS
SELECT
  1000000 + job_no AS owner_no, all_tags AS tags, run_as, creator_email AS created_by, CAST(NULL AS STRING) AS owned_by, job_id, job_name, CAST(NULL AS STRING) AS warehouse_id,
  CAST(NULL AS STRING) AS sql_tier, CAST(NULL AS STRING) AS pipeline_id, CAST(NULL AS STRING) AS endpoint_id, CAST(NULL AS STRING) AS endpoint_name, CAST(NULL AS STRING) AS notebook_id,
  CAST(NULL AS STRING) AS notebook_path, CAST(NULL AS STRING) AS catalog_name, CAST(NULL AS STRING) AS schema_name, CAST(NULL AS STRING) AS table_name
FROM sim.job
UNION ALL
SELECT 2000000 + warehouse_no, all_tags, NULL, created_by, created_by, NULL, NULL, warehouse_id, type_name, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM sim.warehouse
UNION ALL
SELECT 3000000 + cluster_no, all_tags, owned_by, owned_by, owned_by, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM sim.cluster
UNION ALL
SELECT 4000000 + pipeline_no, all_tags, run_as, created_by, NULL, NULL, NULL, NULL, NULL, pipeline_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM sim.pipeline
UNION ALL
SELECT 5000000 + endpoint_no, all_tags, created_by, created_by, NULL, NULL, NULL, NULL, NULL, NULL, endpoint_id, endpoint_name, NULL, NULL, NULL, NULL, NULL FROM sim.endpoint
UNION ALL
SELECT
  6000000 + p.user_no, t.tags, p.email, p.email, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, CAST(400000000000000 + p.user_no AS STRING), concat('/Users/', p.email, '/analysis'), NULL, NULL, NULL
FROM sim.person AS p
JOIN sim.team_tags AS t ON t.team_no = p.team_no
UNION ALL
SELECT 7000000 + b.table_no, t.tags, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, b.catalog_name, b.schema_name, b.table_name
FROM sim.table AS b
JOIN sim.team_tags AS t ON t.team_no = b.team_no;

-- What an audit event of each source says; null where it is that of the action or of the person.
CREATE TABLE sim.audit_kind AS
SELECT col1 AS src, col2 AS service_name, col3 AS action_name, col4 AS audit_level, col5 AS ip
FROM VALUES
  ('person', CAST(NULL AS STRING), CAST(NULL AS STRING), 'WORKSPACE_LEVEL', CAST(NULL AS STRING)), ('login', 'accounts', 'login', 'ACCOUNT_LEVEL', NULL),
  ('run start', 'jobs', 'runStart', 'WORKSPACE_LEVEL', NULL), ('run end', 'jobs', 'runSucceeded', 'WORKSPACE_LEVEL', NULL), ('run failed', 'jobs', 'runFailed', 'WORKSPACE_LEVEL', NULL),
  ('query', 'databrickssql', 'commandSubmit', 'WORKSPACE_LEVEL', NULL), ('table', 'unityCatalog', 'getTable', 'WORKSPACE_LEVEL', NULL),
  ('schema_change', 'unityCatalog', 'updateTables', 'WORKSPACE_LEVEL', NULL), ('credential_stuffing', 'accounts', 'login', 'ACCOUNT_LEVEL', NULL),
  ('off_hours_export', 'workspace', 'downloadQueryResult', 'WORKSPACE_LEVEL', '198.51.100.23'), ('dormant_account', 'unityCatalog', 'getTable', 'WORKSPACE_LEVEL', '198.51.100.77'),
  ('permission_escalation', 'unityCatalog', 'updatePermissions', 'WORKSPACE_LEVEL', NULL), ('group_escalation', 'accounts', 'addPrincipalToGroup', 'ACCOUNT_LEVEL', NULL);
