UPDATE secchi_ops.run
SET state = 'interrupted', ended_at = :now, error = 'the process ended'
WHERE state = 'running'
