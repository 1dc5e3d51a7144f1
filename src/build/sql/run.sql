INSERT INTO secchi_ops.run
  (run_id, kind, state, started_at, as_of, full_build)
VALUES
  (:run, :kind, 'running', :now, :as_of, :full)
