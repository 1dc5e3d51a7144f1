/*
 * folder - tables as folders (private to the room source): `<schema>/<table>/` below the source, or a source that is one
 * table itself. A table folder is a Delta table (`_delta_log` inside) or holds, at any depth, files ending in
 *   .parquet   .jsonl .ndjson .json   .csv   and of these the text with .gz, .zst or .zstd behind
 * Compressed text is read as a whole: it cannot grow, and is tried again as long as it is cut off.
 * Names beginning with `_` or `.` are not data, as Spark has it. Marks name files relative to the source.
 */
#ifndef SECCHI_SOURCE_FOLDER_H
#define SECCHI_SOURCE_FOLDER_H

#include "source/source.h"

/* True when the folder holds a table, by name of its files. */
bool folder_detect(const char *path);
int folder_scan(const struct source_spec *spec, const struct source_mark *marks, size_t mark_count, struct arena *a,
                struct source_scan *ret, struct error *err) MUST_CHECK;

/* End of the last complete line of [from, size): after the last newline, or the end of the file when what follows the last
 * newline is a whole JSON object. from itself when there is none. */
int folder_line_end(const char *path, int64_t from, int64_t size, int64_t *ret, struct error *err) MUST_CHECK;

#endif
