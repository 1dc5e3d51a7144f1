-- Users of the account as the identity provider knows them, as system.identity.users gives them.
-- Grain: one row a user; natural key (user_id), matched null-safe.
-- Input: incoming.users, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.users (
  account_id STRING COMMENT 'Account that the row belongs to',
  user_id STRING COMMENT 'Identifier of the user in the identity provider (SCIM id); natural key',
  email STRING COMMENT 'E-mail or user name',
  display_name STRING COMMENT 'Name to show',
  active BOOLEAN COMMENT 'False when the user may no longer sign in',
  created_at TIMESTAMP COMMENT 'When the user was created (UTC)',
  synced_at TIMESTAMP COMMENT 'When the list of users was read (UTC)',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_users PRIMARY KEY (user_id)
)
USING DELTA
COMMENT 'Users of the account as the identity provider knows them (system.identity.users): one row a user'
TBLPROPERTIES (
  'secchi.system_table' = 'system.identity.users',
  'secchi.domain' = 'security',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.users AS t
USING incoming.users AS s
ON t.user_id <=> s.user_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
