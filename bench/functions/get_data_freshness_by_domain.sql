-- Age of the gold tables by subject as of 2026-07-01.
SELECT
  CASE
    WHEN regexp_matches(table_name, 'usage$|price|_sku') AND NOT contains(table_name, 'endpoint') THEN 'billing'
    WHEN regexp_matches(table_name, '_job|_pipeline') THEN 'lakeflow'
    WHEN contains(table_name, '_query') THEN 'query_performance'
    WHEN regexp_matches(table_name, '_cluster|_node|_warehouse') THEN 'compute'
    WHEN regexp_matches(table_name, '_audit|_lineage|_network|_user|_clean_room|_assistant|_classification') THEN 'security'
    ELSE 'other'
  END AS domain,
  count(*)::INTEGER AS table_count,
  avg(date_sub('second', updated_at, TIMESTAMP '2026-07-01') / 3600) AS avg_hours_since_update,
  max(date_sub('second', updated_at, TIMESTAMP '2026-07-01') / 3600) AS max_hours_since_update,
  min(date_sub('second', updated_at, TIMESTAMP '2026-07-01') / 3600) AS min_hours_since_update,
  24::INTEGER AS freshness_threshold
FROM secchi_ops.table_stats
WHERE schema_name = 'system_gold'
GROUP BY domain
ORDER BY max_hours_since_update DESC, domain
