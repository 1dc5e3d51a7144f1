SELECT table_name, file, size_bytes, offset_bytes, version
FROM secchi_ops.load_mark
WHERE source = :source
