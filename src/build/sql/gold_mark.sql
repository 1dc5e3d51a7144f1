INSERT INTO secchi_ops.gold_mark
  (table_name, published_to, fill_hash, run_id)
VALUES
  (:table, :to, :hash, :run)
