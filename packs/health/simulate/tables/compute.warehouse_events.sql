-- Starts and stops of warehouses: their running time is what usage bills. A second cluster makes SCALED_UP and SCALED_DOWN.
SELECT
  h.account_id,
  h.workspace_id,
  h.warehouse_id,
  e.event_type,
  e.cluster_count,
  timestamp_micros(e.us) AS event_time,
  e.arrival
FROM sim.warehouse_event AS e
JOIN sim.warehouse AS h ON h.warehouse_no = e.warehouse_no
