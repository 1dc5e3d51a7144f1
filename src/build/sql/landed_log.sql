INSERT INTO secchi_ops.landed_log
  (source, log, landing, landed_bytes)
VALUES
  (:source, :log, :landing, :bytes)
