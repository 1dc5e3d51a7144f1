-- Workspaces of the account.
SELECT
  w.account_id,
  w.workspace_id,
  w.workspace_name,
  concat('https://', w.workspace_name, '.example.com') AS workspace_url,
  w.create_time,
  'RUNNING' AS status,
  s.first_day AS arrival
FROM sim.workspace AS w
CROSS JOIN sim.size AS s
