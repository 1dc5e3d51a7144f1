-- Tasks that a compacted part repeats after they were read from the parts that it replaced. Grain: one row of task_end.
-- :log the log, :position where the compacted part begins.
DELETE FROM secchi_spark.task_end
WHERE log = :log
  AND line_offset >= :position
  AND task_id IN (SELECT t.task_id FROM secchi_spark.task_end AS t WHERE t.log = :log AND t.line_offset < :position)
