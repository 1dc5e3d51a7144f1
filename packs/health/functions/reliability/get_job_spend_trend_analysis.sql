-- Jobs by how much their spending grew from one week to the next.
-- Grain: one row a job (workspace and job), the top_n by growth.
-- Windows: the seven complete days before today against the seven before these (UTC), always both and complete, whatever days_back is.
-- days_back tells which jobs are listed: those with usage on that many complete days before today. A job that stopped shows a negative growth.
-- Usage without a list price adds nothing.
-- Differs from the spec: a days_back below 14 cut off the prior week; a job is one row, with the run_as of its newest usage, and not one for each run_as.
CREATE OR REPLACE FUNCTION get_job_spend_trend_analysis(
  days_back INT COMMENT 'Number of complete days before today (UTC) on which a job must have usage to be listed; the compared weeks stay the same',
  top_n INT DEFAULT 50 COMMENT 'Number of jobs at most'
)
RETURNS TABLE (
  job_name STRING COMMENT 'Name that the job has now; null when the job is not known, as for submitted runs',
  workspace_id STRING COMMENT 'Workspace of the job',
  job_id STRING COMMENT 'Job; unique within a workspace',
  run_as STRING COMMENT 'User or service principal that the newest usage of the job ran as, else its owner',
  last_7_day_spend DOUBLE COMMENT 'List cost of the seven complete days before today, in the currency of the list prices',
  prior_7_day_spend DOUBLE COMMENT 'List cost of the seven days before these, in the currency of the list prices',
  spend_growth DOUBLE COMMENT 'last_7_day_spend minus prior_7_day_spend, in the currency of the list prices; negative when the job got cheaper',
  spend_growth_pct DOUBLE COMMENT 'spend_growth in percent of prior_7_day_spend; null when nothing was spent in the prior week'
)
COMMENT 'PURPOSE: Ranks jobs by growth of their list cost: the last seven complete days against the seven days before.
BEST FOR: Which jobs got more expensive this week? | Why do job costs grow? | Which jobs got cheaper?
NOT FOR: total cost of jobs (use get_most_expensive_jobs), growth of all cost and not only of jobs (use get_cost_week_over_week)
RETURNS: one row per job with usage in the last days_back days, the top_n by growth
EXAMPLE: SELECT * FROM get_job_spend_trend_analysis(30, 20)'
RETURN
  WITH job_week AS (
    SELECT
      u.workspace_id,
      u.usage_metadata_job_id AS job_id,
      MAX_BY(COALESCE(u.identity_metadata_run_as, u.identity_metadata_owned_by), STRUCT(u.usage_end_time, u.record_id))
        FILTER (WHERE COALESCE(u.identity_metadata_run_as, u.identity_metadata_owned_by) IS NOT NULL) AS run_as,
      MAX(u.usage_date) AS newest_day,
      COALESCE(SUM(u.list_cost) FILTER (WHERE u.usage_date >= DATE_SUB(current_date(), 7)), 0) AS last_7_day_spend,
      COALESCE(
        SUM(u.list_cost) FILTER (WHERE u.usage_date >= DATE_SUB(current_date(), 14) AND u.usage_date < DATE_SUB(current_date(), 7)),
        0
      ) AS prior_7_day_spend
    FROM fact_usage AS u
    WHERE u.usage_date >= DATE_SUB(current_date(), GREATEST(days_back, 14))
      AND u.usage_date < current_date()
      AND u.usage_metadata_job_id IS NOT NULL
    GROUP BY u.workspace_id, u.usage_metadata_job_id
  ),
  ranked_job AS (
    SELECT
      w.workspace_id,
      w.job_id,
      w.run_as,
      CAST(w.last_7_day_spend AS DOUBLE) AS last_7_day_spend,
      CAST(w.prior_7_day_spend AS DOUBLE) AS prior_7_day_spend,
      CAST(w.last_7_day_spend - w.prior_7_day_spend AS DOUBLE) AS spend_growth,
      ROW_NUMBER() OVER (ORDER BY w.last_7_day_spend - w.prior_7_day_spend DESC, w.workspace_id, w.job_id) AS growth_rank
    FROM job_week AS w
    WHERE w.newest_day >= DATE_SUB(current_date(), days_back)
  )
  SELECT
    j.name AS job_name,
    w.workspace_id,
    w.job_id,
    w.run_as,
    w.last_7_day_spend,
    w.prior_7_day_spend,
    w.spend_growth,
    CASE WHEN w.prior_7_day_spend > 0 THEN w.spend_growth * 100 / w.prior_7_day_spend END AS spend_growth_pct
  FROM ranked_job AS w
  LEFT JOIN dim_job AS j ON j.workspace_id = w.workspace_id AND j.job_id = w.job_id
  WHERE w.growth_rank <= top_n
  ORDER BY w.growth_rank;
