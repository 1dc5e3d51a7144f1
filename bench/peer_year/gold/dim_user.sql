CREATE TABLE gold.dim_user AS
SELECT
  b.user_id,
  b.email,
  b.display_name,
  b.active,
  b.created_at,
  b.synced_at
FROM bronze.users AS b;
