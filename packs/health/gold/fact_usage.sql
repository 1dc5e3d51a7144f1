-- Billable usage with its cost.
-- Grain: one row a usage record, RETRACTION and RESTATEMENT records included: their quantities and costs are summed with the others. Key (record_id).
-- Prices are those in force at the start of the usage (from price_start_time to before price_end_time), for the same SKU, cloud, account and unit; list prices
-- without an account hold for all accounts, prices without a unit for every unit. A row never has more than one price. Of prices that overlap the account's own
-- goes before that of all accounts, then the one that came into force later. Of several currencies the row takes one for list and negotiated price alike: one with a negotiated
-- price, then one with a list price, then USD, then the first by name.
-- A price may arrive late or be ended later: a load of prices has all usage of their SKUs from their start on priced again.
-- Costs are products of the columns of this table, rounded to their scale once. A quantity of ten thousand million and more, and a price or cost that does not fit its column, give no cost.
-- A job run and a pipeline update are found by workspace and run or update; an endpoint has no table of its own (dim_served_entities has several rows for one), so endpoint_id refers to none.
-- Inputs: system_bronze.usage, list_prices, account_prices and this table; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_usage (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that used it; null for usage of the account',
  record_id STRING COMMENT 'Identifier of the record',
  sku_name STRING COMMENT 'SKU that is billed',
  cloud STRING COMMENT 'AWS, AZURE or GCP',
  usage_start_time TIMESTAMP COMMENT 'Start of the usage (UTC); the prices of this moment count',
  usage_end_time TIMESTAMP COMMENT 'End of the usage (UTC)',
  usage_date DATE COMMENT 'UTC day of the usage',
  usage_unit STRING COMMENT 'Unit of the quantity, e.g. DBU, DSU, GB, HOUR',
  usage_quantity DECIMAL(38, 10) COMMENT 'How much was used; negative in a RETRACTION',
  record_type STRING COMMENT 'ORIGINAL; RETRACTION takes a record back, RESTATEMENT puts a corrected one in its place',
  ingestion_date DATE COMMENT 'Day on which the platform added the record',
  billing_origin_product STRING COMMENT 'Product that caused the usage, e.g. JOBS, SQL, DLT, MODEL_SERVING',
  usage_type STRING COMMENT 'What the unit measures: COMPUTE_TIME, STORAGE_SPACE, NETWORK_BYTE, API_OPERATION, TOKEN, GPU_TIME, ...',
  custom_tags MAP<STRING, STRING> COMMENT 'Tags of the resource, its workspace and its budget policy',
  usage_metadata_cluster_id STRING COMMENT 'Cluster',
  usage_metadata_job_id STRING COMMENT 'Job',
  usage_metadata_warehouse_id STRING COMMENT 'SQL warehouse',
  usage_metadata_instance_pool_id STRING COMMENT 'Instance pool',
  usage_metadata_node_type STRING COMMENT 'Instance type of the compute',
  usage_metadata_job_run_id STRING COMMENT 'Run of the job',
  usage_metadata_notebook_id STRING COMMENT 'Notebook',
  usage_metadata_dlt_pipeline_id STRING COMMENT 'Pipeline',
  usage_metadata_endpoint_name STRING COMMENT 'Name of the serving or vector search endpoint',
  usage_metadata_endpoint_id STRING COMMENT 'Serving or vector search endpoint',
  usage_metadata_dlt_update_id STRING COMMENT 'Update of the pipeline',
  usage_metadata_dlt_maintenance_id STRING COMMENT 'Maintenance task of the pipeline',
  usage_metadata_run_name STRING COMMENT 'Name of the run',
  usage_metadata_job_name STRING COMMENT 'Name of the job',
  usage_metadata_notebook_path STRING COMMENT 'Path of the notebook in the workspace',
  usage_metadata_central_clean_room_id STRING COMMENT 'Clean room',
  usage_metadata_source_region STRING COMMENT 'Region that data left',
  usage_metadata_destination_region STRING COMMENT 'Region that data went to',
  usage_metadata_app_id STRING COMMENT 'App',
  usage_metadata_app_name STRING COMMENT 'Name of the app',
  usage_metadata_metastore_id STRING COMMENT 'Unity Catalog metastore',
  usage_metadata_private_endpoint_name STRING COMMENT 'Private endpoint',
  usage_metadata_storage_api_type STRING COMMENT 'Operation on default storage',
  usage_metadata_budget_policy_id STRING COMMENT 'Budget policy of serverless workloads',
  usage_metadata_ai_runtime_pool_id STRING COMMENT 'Pool of an AI runtime workload',
  usage_metadata_ai_runtime_workload_id STRING COMMENT 'AI runtime workload',
  usage_metadata_uc_table_catalog STRING COMMENT 'Catalogue of the table that was worked on',
  usage_metadata_uc_table_schema STRING COMMENT 'Schema of that table',
  usage_metadata_uc_table_name STRING COMMENT 'Name of that table',
  usage_metadata_database_instance_id STRING COMMENT 'Database instance',
  usage_metadata_sharing_materialization_id STRING COMMENT 'View that was materialised for sharing',
  usage_metadata_schema_id STRING COMMENT 'Unity Catalog schema',
  usage_metadata_usage_policy_id STRING COMMENT 'Usage policy',
  usage_metadata_base_environment_id STRING COMMENT 'Base environment',
  usage_metadata_agent_bricks_id STRING COMMENT 'Agent',
  usage_metadata_index_id STRING COMMENT 'Vector search index',
  usage_metadata_catalog_id STRING COMMENT 'Unity Catalog catalogue',
  identity_metadata_run_as STRING COMMENT 'User or service principal that the workload ran as',
  identity_metadata_created_by STRING COMMENT 'User that created the resource',
  identity_metadata_owned_by STRING COMMENT 'User that owns the resource',
  product_features_jobs_tier STRING COMMENT 'Tier of jobs: LIGHT or CLASSIC',
  product_features_sql_tier STRING COMMENT 'Tier of SQL warehouses: CLASSIC or PRO',
  product_features_dlt_tier STRING COMMENT 'Tier of pipelines: CORE, PRO or ADVANCED',
  product_features_is_serverless BOOLEAN COMMENT 'True on serverless compute',
  product_features_is_photon BOOLEAN COMMENT 'True when Photon ran',
  product_features_serving_type STRING COMMENT 'Kind of serving: MODEL, GPU_MODEL, FOUNDATION_MODEL or FEATURE',
  product_features_networking STRING COMMENT 'Kind of connection, as JSON',
  product_features_ai_runtime STRING COMMENT 'Compute of an AI runtime workload, as JSON',
  product_features_model_serving STRING COMMENT 'Offering of model serving, as JSON',
  product_features_ai_gateway STRING COMMENT 'Feature of the AI gateway, as JSON',
  product_features_performance_target STRING COMMENT 'PERFORMANCE_OPTIMIZED or STANDARD on serverless compute',
  product_features_serverless_gpu STRING COMMENT 'Serverless GPU workload, as JSON',
  product_features_agent_bricks STRING COMMENT 'Problem and workload of an agent, as JSON',
  product_features_ai_functions STRING COMMENT 'AI function that was called, as JSON',
  product_features_apps STRING COMMENT 'Compute size of an app, as JSON',
  product_features_lakeflow_connect STRING COMMENT 'Task of an ingestion pipeline, as JSON',
  list_price DECIMAL(18, 6) COMMENT 'List price of one unit as of the start of the usage; null when no list price was in force',
  list_cost DECIMAL(18, 6) COMMENT 'usage_quantity times list_price; null without a list price',
  is_tagged BOOLEAN COMMENT 'True when custom_tags holds a tag; never null',
  tag_count INT COMMENT 'Number of custom tags',
  currency_code STRING COMMENT 'Currency of the prices and costs of the row; null when no price was in force',
  account_price DECIMAL(18, 10) COMMENT 'What the account pays for one unit as of the start of the usage: the negotiated price, else the effective list price',
  account_cost DECIMAL(18, 6) COMMENT 'usage_quantity times account_price; null when no price was in force',
  price_source STRING COMMENT 'Where account_price comes from: ACCOUNT (negotiated) or LIST; null when no price was in force',
  CONSTRAINT pk_fact_usage PRIMARY KEY (record_id),
  CONSTRAINT fk_fact_usage_workspace_id FOREIGN KEY (workspace_id) REFERENCES system_gold.dim_workspace (workspace_id),
  CONSTRAINT fk_fact_usage_sku_name FOREIGN KEY (sku_name) REFERENCES system_gold.dim_sku (sku_name),
  CONSTRAINT fk_fact_usage_cluster_id FOREIGN KEY (workspace_id, usage_metadata_cluster_id) REFERENCES system_gold.dim_cluster (workspace_id, cluster_id),
  CONSTRAINT fk_fact_usage_job_id FOREIGN KEY (workspace_id, usage_metadata_job_id) REFERENCES system_gold.dim_job (workspace_id, job_id),
  CONSTRAINT fk_fact_usage_warehouse_id FOREIGN KEY (workspace_id, usage_metadata_warehouse_id) REFERENCES system_gold.dim_warehouse (workspace_id, warehouse_id),
  CONSTRAINT fk_fact_usage_job_run_id FOREIGN KEY (workspace_id, usage_metadata_job_run_id) REFERENCES system_gold.fact_job_run_timeline (workspace_id, run_id),
  CONSTRAINT fk_fact_usage_dlt_pipeline_id FOREIGN KEY (workspace_id, usage_metadata_dlt_pipeline_id) REFERENCES system_gold.dim_pipeline (workspace_id, pipeline_id),
  CONSTRAINT fk_fact_usage_dlt_update_id FOREIGN KEY (workspace_id, usage_metadata_dlt_update_id) REFERENCES system_gold.fact_pipeline_update_timeline (workspace_id, update_id)
)
USING DELTA
COMMENT 'Billable usage with its list cost and what the account pays for it: one row a usage record, corrections included'
TBLPROPERTIES (
  'secchi.domain' = 'cost',
  'secchi.event_time' = 'usage_start_time',
  'secchi.row_of' = 'usage',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'FinOps',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_usage AS t
USING (
  WITH changed_price AS (
    SELECT p.sku_name, p.cloud, MIN(p.price_start_time) AS first_time
    FROM (
      SELECT l.sku_name, l.cloud, l.price_start_time
      FROM system_bronze.list_prices AS l
      WHERE l.bronze_ingestion_timestamp > :since
      UNION ALL
      SELECT a.sku_name, a.cloud, a.price_start_time
      FROM system_bronze.account_prices AS a
      WHERE a.bronze_ingestion_timestamp > :since
    ) AS p
    GROUP BY p.sku_name, p.cloud
  ),
  -- What is priced alike at any moment. There are few of these, so the prices are resolved for them and not for each record.
  usage_key AS (
    SELECT b.account_id, b.sku_name, b.cloud, b.usage_unit
    FROM system_bronze.usage AS b
    WHERE b.bronze_ingestion_timestamp > :since
    UNION
    SELECT f.account_id, f.sku_name, f.cloud, f.usage_unit
    FROM system_gold.fact_usage AS f
    INNER JOIN changed_price AS c ON c.sku_name = f.sku_name AND c.cloud <=> f.cloud AND f.usage_start_time >= c.first_time
  ),
  key_price AS (
    SELECT
      k.account_id,
      k.sku_name,
      k.cloud,
      k.usage_unit,
      'ACCOUNT' AS price_source,
      a.currency_code,
      a.price_start_time,
      a.price_end_time,
      TRUE AS is_own,
      CAST(NULL AS DECIMAL(18, 6)) AS list_price,
      TRY_CAST(a.pricing.default AS DECIMAL(18, 10)) AS account_price
    FROM usage_key AS k
    INNER JOIN system_bronze.account_prices AS a
      ON a.sku_name = k.sku_name AND a.cloud <=> k.cloud AND a.account_id <=> k.account_id AND COALESCE(a.usage_unit <=> k.usage_unit OR a.usage_unit IS NULL, FALSE)
    UNION ALL
    SELECT
      k.account_id,
      k.sku_name,
      k.cloud,
      k.usage_unit,
      'LIST' AS price_source,
      l.currency_code,
      l.price_start_time,
      l.price_end_time,
      l.account_id IS NOT NULL AS is_own,
      TRY_CAST(l.pricing.default AS DECIMAL(18, 6)) AS list_price,
      TRY_CAST(COALESCE(l.pricing.effective_list.default, l.pricing.default) AS DECIMAL(18, 10)) AS account_price
    FROM usage_key AS k
    INNER JOIN system_bronze.list_prices AS l
      ON l.sku_name = k.sku_name AND l.cloud <=> k.cloud AND (l.account_id <=> k.account_id OR l.account_id IS NULL) AND (l.usage_unit <=> k.usage_unit OR l.usage_unit IS NULL)
  ),
  price_change AS (
    SELECT p.account_id, p.sku_name, p.cloud, p.usage_unit, p.price_start_time AS from_time
    FROM key_price AS p
    UNION
    SELECT p.account_id, p.sku_name, p.cloud, p.usage_unit, p.price_end_time AS from_time
    FROM key_price AS p
  ),
  -- Between two changes the same prices are in force.
  period AS (
    SELECT
      c.*,
      COALESCE(LEAD(c.from_time) OVER (PARTITION BY c.account_id, c.sku_name, c.cloud, c.usage_unit ORDER BY c.from_time), TIMESTAMP '9999-12-31 00:00:00') AS to_time
    FROM price_change AS c
    WHERE c.from_time IS NOT NULL
  ),
  price_in_force AS (
    SELECT
      d.*,
      p.price_source,
      p.currency_code,
      p.list_price,
      p.account_price,
      ROW_NUMBER() OVER (
        PARTITION BY d.account_id, d.sku_name, d.cloud, d.usage_unit, d.from_time, p.currency_code, p.price_source
        ORDER BY p.is_own DESC, p.price_start_time DESC
      ) AS price_rank
    FROM period AS d
    INNER JOIN key_price AS p
      ON p.account_id <=> d.account_id AND p.sku_name = d.sku_name AND p.cloud <=> d.cloud AND p.usage_unit <=> d.usage_unit
      AND p.price_start_time <= d.from_time AND (p.price_end_time > d.from_time OR p.price_end_time IS NULL)
  ),
  currency_price AS (
    SELECT
      p.account_id,
      p.sku_name,
      p.cloud,
      p.usage_unit,
      p.from_time,
      p.to_time,
      p.currency_code,
      MAX(p.list_price) AS list_price,
      MAX(CASE WHEN p.price_source = 'ACCOUNT' THEN p.account_price END) AS negotiated_price,
      MAX(CASE WHEN p.price_source = 'LIST' THEN p.account_price END) AS effective_list_price
    FROM price_in_force AS p
    WHERE p.price_rank = 1
    GROUP BY p.account_id, p.sku_name, p.cloud, p.usage_unit, p.from_time, p.to_time, p.currency_code
  ),
  ranked_currency AS (
    SELECT
      p.*,
      ROW_NUMBER() OVER (
        PARTITION BY p.account_id, p.sku_name, p.cloud, p.usage_unit, p.from_time
        ORDER BY p.negotiated_price IS NULL, p.list_price IS NULL, p.currency_code <=> 'USD' DESC, p.currency_code
      ) AS currency_rank
    FROM currency_price AS p
    WHERE p.negotiated_price IS NOT NULL OR p.effective_list_price IS NOT NULL
  ),
  -- Periods of a key do not overlap: a record meets one at most.
  price AS (
    SELECT
      p.account_id,
      p.sku_name,
      p.cloud,
      p.usage_unit,
      p.from_time,
      p.to_time,
      p.currency_code,
      p.list_price,
      COALESCE(p.negotiated_price, p.effective_list_price) AS account_price,
      CASE WHEN p.negotiated_price IS NOT NULL THEN 'ACCOUNT' ELSE 'LIST' END AS price_source
    FROM ranked_currency AS p
    WHERE p.currency_rank = 1
  ),
  repriced_record AS (
    SELECT f.record_id
    FROM system_gold.fact_usage AS f
    INNER JOIN changed_price AS c ON c.sku_name = f.sku_name AND c.cloud <=> f.cloud AND f.usage_start_time >= c.first_time
    LEFT JOIN price AS p
      ON p.sku_name = f.sku_name AND p.cloud <=> f.cloud AND p.account_id <=> f.account_id AND p.usage_unit <=> f.usage_unit
      AND f.usage_start_time >= p.from_time AND f.usage_start_time < p.to_time
    WHERE NOT (f.list_price <=> p.list_price AND f.account_price <=> p.account_price AND f.currency_code <=> p.currency_code AND f.price_source <=> p.price_source)
  ),
  usage_record AS (
    SELECT b.*, ROUND(b.usage_quantity, 10) AS quantity
    FROM system_bronze.usage AS b
    WHERE b.bronze_ingestion_timestamp > :since
    UNION ALL
    SELECT b.*, ROUND(b.usage_quantity, 10) AS quantity
    FROM system_bronze.usage AS b
    LEFT SEMI JOIN repriced_record AS r ON r.record_id = b.record_id
    WHERE b.bronze_ingestion_timestamp <= :since
  )
  SELECT
    u.account_id,
    u.workspace_id,
    u.record_id,
    u.sku_name,
    u.cloud,
    u.usage_start_time,
    u.usage_end_time,
    u.usage_date,
    u.usage_unit,
    CAST(u.quantity AS DECIMAL(38, 10)) AS usage_quantity,
    u.record_type,
    u.ingestion_date,
    u.billing_origin_product,
    u.usage_type,
    u.custom_tags,
    u.usage_metadata.cluster_id AS usage_metadata_cluster_id,
    u.usage_metadata.job_id AS usage_metadata_job_id,
    u.usage_metadata.warehouse_id AS usage_metadata_warehouse_id,
    u.usage_metadata.instance_pool_id AS usage_metadata_instance_pool_id,
    u.usage_metadata.node_type AS usage_metadata_node_type,
    u.usage_metadata.job_run_id AS usage_metadata_job_run_id,
    u.usage_metadata.notebook_id AS usage_metadata_notebook_id,
    u.usage_metadata.dlt_pipeline_id AS usage_metadata_dlt_pipeline_id,
    u.usage_metadata.endpoint_name AS usage_metadata_endpoint_name,
    u.usage_metadata.endpoint_id AS usage_metadata_endpoint_id,
    u.usage_metadata.dlt_update_id AS usage_metadata_dlt_update_id,
    u.usage_metadata.dlt_maintenance_id AS usage_metadata_dlt_maintenance_id,
    u.usage_metadata.run_name AS usage_metadata_run_name,
    u.usage_metadata.job_name AS usage_metadata_job_name,
    u.usage_metadata.notebook_path AS usage_metadata_notebook_path,
    u.usage_metadata.central_clean_room_id AS usage_metadata_central_clean_room_id,
    u.usage_metadata.source_region AS usage_metadata_source_region,
    u.usage_metadata.destination_region AS usage_metadata_destination_region,
    u.usage_metadata.app_id AS usage_metadata_app_id,
    u.usage_metadata.app_name AS usage_metadata_app_name,
    u.usage_metadata.metastore_id AS usage_metadata_metastore_id,
    u.usage_metadata.private_endpoint_name AS usage_metadata_private_endpoint_name,
    u.usage_metadata.storage_api_type AS usage_metadata_storage_api_type,
    u.usage_metadata.budget_policy_id AS usage_metadata_budget_policy_id,
    u.usage_metadata.ai_runtime_pool_id AS usage_metadata_ai_runtime_pool_id,
    u.usage_metadata.ai_runtime_workload_id AS usage_metadata_ai_runtime_workload_id,
    u.usage_metadata.uc_table_catalog AS usage_metadata_uc_table_catalog,
    u.usage_metadata.uc_table_schema AS usage_metadata_uc_table_schema,
    u.usage_metadata.uc_table_name AS usage_metadata_uc_table_name,
    u.usage_metadata.database_instance_id AS usage_metadata_database_instance_id,
    u.usage_metadata.sharing_materialization_id AS usage_metadata_sharing_materialization_id,
    u.usage_metadata.schema_id AS usage_metadata_schema_id,
    u.usage_metadata.usage_policy_id AS usage_metadata_usage_policy_id,
    u.usage_metadata.base_environment_id AS usage_metadata_base_environment_id,
    u.usage_metadata.agent_bricks_id AS usage_metadata_agent_bricks_id,
    u.usage_metadata.index_id AS usage_metadata_index_id,
    u.usage_metadata.catalog_id AS usage_metadata_catalog_id,
    u.identity_metadata.run_as AS identity_metadata_run_as,
    u.identity_metadata.created_by AS identity_metadata_created_by,
    u.identity_metadata.owned_by AS identity_metadata_owned_by,
    u.product_features.jobs_tier AS product_features_jobs_tier,
    u.product_features.sql_tier AS product_features_sql_tier,
    u.product_features.dlt_tier AS product_features_dlt_tier,
    u.product_features.is_serverless AS product_features_is_serverless,
    u.product_features.is_photon AS product_features_is_photon,
    u.product_features.serving_type AS product_features_serving_type,
    TO_JSON(u.product_features.networking) AS product_features_networking,
    TO_JSON(u.product_features.ai_runtime) AS product_features_ai_runtime,
    TO_JSON(u.product_features.model_serving) AS product_features_model_serving,
    TO_JSON(u.product_features.ai_gateway) AS product_features_ai_gateway,
    u.product_features.performance_target AS product_features_performance_target,
    TO_JSON(u.product_features.serverless_gpu) AS product_features_serverless_gpu,
    TO_JSON(u.product_features.agent_bricks) AS product_features_agent_bricks,
    TO_JSON(u.product_features.ai_functions) AS product_features_ai_functions,
    TO_JSON(u.product_features.apps) AS product_features_apps,
    TO_JSON(u.product_features.lakeflow_connect) AS product_features_lakeflow_connect,
    p.list_price,
    TRY_CAST(ROUND(TRY_CAST(u.quantity AS DECIMAL(20, 10)) * TRY_CAST(p.list_price AS DECIMAL(17, 6)), 6) AS DECIMAL(18, 6)) AS list_cost,
    COALESCE(SIZE(u.custom_tags), 0) > 0 AS is_tagged,
    COALESCE(SIZE(u.custom_tags), 0) AS tag_count,
    p.currency_code,
    p.account_price,
    TRY_CAST(ROUND(TRY_CAST(u.quantity AS DECIMAL(20, 10)) * TRY_CAST(p.account_price AS DECIMAL(17, 10)), 6) AS DECIMAL(18, 6)) AS account_cost,
    p.price_source
  FROM usage_record AS u
  LEFT JOIN price AS p
    ON p.sku_name = u.sku_name AND p.cloud <=> u.cloud AND p.account_id <=> u.account_id AND p.usage_unit <=> u.usage_unit
    AND u.usage_start_time >= p.from_time AND u.usage_start_time < p.to_time
) AS s
ON t.record_id <=> s.record_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
