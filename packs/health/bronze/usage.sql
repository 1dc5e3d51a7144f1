-- Billable usage, as system.billing.usage gives it. A correction is a pair of rows of their own: a RETRACTION with the negative
-- quantity of the record that it takes back and a RESTATEMENT with the right one, so that quantities are simply summed.
-- Grain: one row a usage record; natural key (record_id), matched null-safe.
-- Input: incoming.usage, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.usage (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that used it; null for usage of the account',
  record_id STRING COMMENT 'Identifier of the record; natural key',
  sku_name STRING COMMENT 'SKU that is billed',
  cloud STRING COMMENT 'AWS, AZURE or GCP',
  usage_start_time TIMESTAMP COMMENT 'Start of the usage (UTC); the price of this moment counts',
  usage_end_time TIMESTAMP COMMENT 'End of the usage (UTC)',
  usage_date DATE COMMENT 'UTC day of the usage',
  custom_tags MAP<STRING, STRING> COMMENT 'Tags of the resource, its workspace and its budget policy',
  usage_unit STRING COMMENT 'Unit of the quantity, e.g. DBU, DSU, GB, HOUR',
  usage_quantity DECIMAL(38, 18) COMMENT 'How much was used; negative in a RETRACTION',
  usage_metadata STRUCT<
    cluster_id: STRING,
    job_id: STRING,
    warehouse_id: STRING,
    instance_pool_id: STRING,
    node_type: STRING,
    job_run_id: STRING,
    notebook_id: STRING,
    dlt_pipeline_id: STRING,
    endpoint_name: STRING,
    endpoint_id: STRING,
    dlt_update_id: STRING,
    dlt_maintenance_id: STRING,
    run_name: STRING,
    job_name: STRING,
    notebook_path: STRING,
    central_clean_room_id: STRING,
    source_region: STRING,
    destination_region: STRING,
    app_id: STRING,
    app_name: STRING,
    metastore_id: STRING,
    private_endpoint_name: STRING,
    storage_api_type: STRING,
    budget_policy_id: STRING,
    ai_runtime_pool_id: STRING,
    ai_runtime_workload_id: STRING,
    uc_table_catalog: STRING,
    uc_table_schema: STRING,
    uc_table_name: STRING,
    database_instance_id: STRING,
    sharing_materialization_id: STRING,
    schema_id: STRING,
    usage_policy_id: STRING,
    base_environment_id: STRING,
    agent_bricks_id: STRING,
    index_id: STRING,
    catalog_id: STRING> COMMENT 'What used it: identifiers and names of the cluster, job, run, warehouse, pipeline, endpoint, ...',
  identity_metadata STRUCT<run_as: STRING, created_by: STRING, owned_by: STRING> COMMENT 'Whose usage it is: identity that it ran as, creator and owner of the resource',
  record_type STRING COMMENT 'ORIGINAL; RETRACTION takes a record back, RESTATEMENT puts a corrected one in its place',
  ingestion_date DATE COMMENT 'Day on which the platform added the record',
  billing_origin_product STRING COMMENT 'Product that caused the usage, e.g. JOBS, SQL, DLT, MODEL_SERVING',
  product_features STRUCT<
    jobs_tier: STRING,
    sql_tier: STRING,
    dlt_tier: STRING,
    is_serverless: BOOLEAN,
    is_photon: BOOLEAN,
    serving_type: STRING,
    networking: STRUCT<connectivity_type: STRING>,
    ai_runtime: STRUCT<compute_type: STRING>,
    model_serving: STRUCT<offering_type: STRING>,
    ai_gateway: STRUCT<feature_type: STRING>,
    performance_target: STRING,
    serverless_gpu: STRUCT<workload_type: STRING>,
    agent_bricks: STRUCT<problem_type: STRING, workload_type: STRING>,
    ai_functions: STRUCT<ai_function: STRING>,
    apps: STRUCT<compute_size: STRING>,
    lakeflow_connect: STRUCT<task_type: STRING>> COMMENT 'Features of the product that were used: tier, serverless, Photon, kind of serving, ...',
  usage_type STRING COMMENT 'What the unit measures: COMPUTE_TIME, STORAGE_SPACE, NETWORK_BYTE, API_OPERATION, TOKEN, GPU_TIME, ...',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_usage PRIMARY KEY (record_id)
)
USING DELTA
COMMENT 'Billable usage with its corrections (system.billing.usage): one row a usage record'
TBLPROPERTIES (
  'secchi.system_table' = 'system.billing.usage',
  'secchi.domain' = 'cost',
  'secchi.event_time' = 'usage_start_time',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'FinOps',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.usage AS t
USING incoming.usage AS s
ON t.record_id <=> s.record_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
