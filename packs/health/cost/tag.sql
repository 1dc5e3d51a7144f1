-- Cost by the values of one tag, the setting cost.tag_key
-- Unattributed: usage that lacks the tag
-- Grain: one row a usage record that can be attributed.
-- Input: fact_usage; :tag_key is the tag.
SELECT
  f.record_id,
  TRY_ELEMENT_AT(f.custom_tags, :tag_key) AS attribution_key,
  CONCAT(:tag_key, ' = ', TRY_ELEMENT_AT(f.custom_tags, :tag_key)) AS attribution_name
FROM fact_usage AS f
WHERE TRY_ELEMENT_AT(f.custom_tags, :tag_key) IS NOT NULL
