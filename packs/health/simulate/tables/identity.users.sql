-- People of the account; a new one is delivered on the day of joining.
SELECT
  u.account_id,
  u.user_id,
  u.email,
  concat(u.first_name, ' ', u.last_name) AS display_name,
  TRUE AS active,
  u.created_at,
  CAST(greatest(CAST(u.created_at AS DATE), s.first_day) AS TIMESTAMP) + make_dt_interval(0, 23) AS synced_at,
  greatest(CAST(u.created_at AS DATE), s.first_day) AS arrival
FROM sim.person AS u
CROSS JOIN sim.size AS s
