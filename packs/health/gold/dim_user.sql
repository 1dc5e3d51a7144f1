-- Users of the account.
-- Grain: one row a user; key (user_id).
-- Inputs: system_bronze.users; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.dim_user (
  user_id STRING COMMENT 'Identifier of the user in the identity provider (SCIM id)',
  email STRING COMMENT 'E-mail or user name',
  display_name STRING COMMENT 'Name to show',
  active BOOLEAN COMMENT 'False when the user may no longer sign in',
  created_at TIMESTAMP COMMENT 'When the user was created (UTC)',
  synced_at TIMESTAMP COMMENT 'When the list of users was read (UTC)',
  CONSTRAINT pk_dim_user PRIMARY KEY (user_id)
)
USING DELTA
COMMENT 'Users of the account: one row a user'
TBLPROPERTIES (
  'secchi.domain' = 'security',
  'secchi.event_time' = 'created_at',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.dim_user AS t
USING (
  SELECT
    b.user_id,
    b.email,
    b.display_name,
    b.active,
    b.created_at,
    b.synced_at
  FROM system_bronze.users AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.user_id <=> s.user_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
