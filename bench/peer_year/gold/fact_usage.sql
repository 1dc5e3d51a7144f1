-- Prices are resolved for what is priced alike (few keys), as periods that do not overlap; a record then meets one at most.
CREATE TABLE gold.fact_usage AS
WITH usage_key AS (
  SELECT DISTINCT account_id, sku_name, cloud, usage_unit
  FROM bronze.usage
),
key_price AS (
  SELECT
    k.*,
    'ACCOUNT' AS price_source,
    a.currency_code,
    a.price_start_time,
    a.price_end_time,
    TRUE AS is_own,
    NULL::DECIMAL(18, 6) AS list_price,
    TRY_CAST(a.pricing.default AS DECIMAL(18, 10)) AS account_price
  FROM usage_key AS k
  JOIN bronze.account_prices AS a
    ON a.sku_name = k.sku_name AND a.cloud IS NOT DISTINCT FROM k.cloud AND a.account_id IS NOT DISTINCT FROM k.account_id
    AND (a.usage_unit IS NULL OR a.usage_unit = k.usage_unit)
  UNION ALL
  SELECT
    k.*,
    'LIST' AS price_source,
    l.currency_code,
    l.price_start_time,
    l.price_end_time,
    l.account_id IS NOT NULL AS is_own,
    TRY_CAST(l.pricing.default AS DECIMAL(18, 6)) AS list_price,
    TRY_CAST(coalesce(l.pricing.effective_list.default, l.pricing.default) AS DECIMAL(18, 10)) AS account_price
  FROM usage_key AS k
  JOIN bronze.list_prices AS l
    ON l.sku_name = k.sku_name AND l.cloud IS NOT DISTINCT FROM k.cloud
    AND (l.account_id IS NULL OR l.account_id = k.account_id)
    AND (l.usage_unit IS NULL OR l.usage_unit = k.usage_unit)
),
price_change AS (
  SELECT account_id, sku_name, cloud, usage_unit, price_start_time AS from_time FROM key_price WHERE price_start_time IS NOT NULL
  UNION
  SELECT account_id, sku_name, cloud, usage_unit, price_end_time AS from_time FROM key_price WHERE price_end_time IS NOT NULL
),
period AS (
  SELECT *, lead(from_time, 1, TIMESTAMP '9999-12-31 00:00:00') OVER (PARTITION BY account_id, sku_name, cloud, usage_unit ORDER BY from_time) AS to_time
  FROM price_change
),
price_in_force AS (
  SELECT d.*, p.price_source, p.currency_code, p.list_price, p.account_price
  FROM period AS d
  JOIN key_price AS p
    ON p.sku_name = d.sku_name AND p.cloud IS NOT DISTINCT FROM d.cloud AND p.account_id IS NOT DISTINCT FROM d.account_id
    AND p.usage_unit IS NOT DISTINCT FROM d.usage_unit
    AND p.price_start_time <= d.from_time AND (p.price_end_time > d.from_time OR p.price_end_time IS NULL)
  QUALIFY row_number() OVER (
    PARTITION BY d.account_id, d.sku_name, d.cloud, d.usage_unit, d.from_time, p.currency_code, p.price_source
    ORDER BY p.is_own DESC, p.price_start_time DESC
  ) = 1
),
currency_price AS (
  SELECT
    account_id,
    sku_name,
    cloud,
    usage_unit,
    from_time,
    to_time,
    currency_code,
    max(list_price) AS list_price,
    max(account_price) FILTER (price_source = 'ACCOUNT') AS negotiated_price,
    max(account_price) FILTER (price_source = 'LIST') AS effective_list_price
  FROM price_in_force
  GROUP BY ALL
),
price AS (
  SELECT
    *,
    coalesce(negotiated_price, effective_list_price) AS account_price,
    CASE WHEN negotiated_price IS NOT NULL THEN 'ACCOUNT' ELSE 'LIST' END AS price_source
  FROM currency_price
  WHERE negotiated_price IS NOT NULL OR effective_list_price IS NOT NULL
  QUALIFY row_number() OVER (
    PARTITION BY account_id, sku_name, cloud, usage_unit, from_time
    ORDER BY negotiated_price IS NULL, list_price IS NULL, currency_code IS NOT DISTINCT FROM 'USD' DESC, currency_code
  ) = 1
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
  u.usage_quantity::DECIMAL(38, 10) AS usage_quantity,
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
  json_of(u.product_features.networking) AS product_features_networking,
  json_of(u.product_features.ai_runtime) AS product_features_ai_runtime,
  json_of(u.product_features.model_serving) AS product_features_model_serving,
  json_of(u.product_features.ai_gateway) AS product_features_ai_gateway,
  u.product_features.performance_target AS product_features_performance_target,
  json_of(u.product_features.serverless_gpu) AS product_features_serverless_gpu,
  json_of(u.product_features.agent_bricks) AS product_features_agent_bricks,
  json_of(u.product_features.ai_functions) AS product_features_ai_functions,
  json_of(u.product_features.apps) AS product_features_apps,
  json_of(u.product_features.lakeflow_connect) AS product_features_lakeflow_connect,
  p.list_price,
  TRY_CAST(TRY_CAST(u.usage_quantity AS DECIMAL(20, 10)) * TRY_CAST(p.list_price AS DECIMAL(17, 6)) AS DECIMAL(18, 6)) AS list_cost,
  coalesce(cardinality(u.custom_tags), 0) > 0 AS is_tagged,
  coalesce(cardinality(u.custom_tags), 0) AS tag_count,
  p.currency_code,
  p.account_price,
  TRY_CAST(TRY_CAST(u.usage_quantity AS DECIMAL(20, 10)) * TRY_CAST(p.account_price AS DECIMAL(17, 10)) AS DECIMAL(18, 6)) AS account_cost,
  p.price_source
FROM bronze.usage AS u
LEFT JOIN price AS p
  ON p.sku_name = u.sku_name AND p.cloud IS NOT DISTINCT FROM u.cloud AND p.account_id IS NOT DISTINCT FROM u.account_id
  AND p.usage_unit IS NOT DISTINCT FROM u.usage_unit AND u.usage_start_time >= p.from_time AND u.usage_start_time < p.to_time;
