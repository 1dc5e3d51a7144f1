/*
 * spark - event logs of Apache Spark as a source (private to the room source; source.c dispatches here).
 *
 * A log is one application: a file (`app`, `app.inprogress`, `app.zstd`, ...) or a rolling folder `eventlog_v2_<app>` with parts
 * `events_<n>_<app>[.<codec>][.compact]`. Its key in every landing table is "<source name>/<path below the source>", without
 * `.inprogress`, so that it stays the same when the application ends.
 *
 * Position: a row carries the line_offset of the line it came from, (part number << 40) + byte offset of the line in the
 * uncompressed part; the part number of a log that does not roll is 0. So a line has the same position whichever parts are
 * still there, and the parts before the mark are never read again. Marks use the same numbers: offset is the position of
 * the first byte not consumed, size the size of the part that it lies in. In a unit's files from_offset is the position of
 * the first byte wanted and to_version 1 when the application may still write to the file.
 */
#ifndef SECCHI_SOURCE_SPARK_H
#define SECCHI_SOURCE_SPARK_H

#include "source/source.h"

#define SPARK_PART_SHIFT 40
#define SPARK_PART_MAX (INT64_C(1) << 22)
#define SPARK_SCHEMA "secchi_spark"
#define SPARK_NEVER_READ (-1) /* size in the mark of a unit that is new */

/* True when the folder holds at least one event log, at most a few levels down. */
bool spark_detect(const char *path);
/* source_scan of a source of kind SOURCE_SPARK: one unit for each log with something new. */
int spark_scan(const struct source_spec *spec, const struct source_mark *marks, size_t mark_count, struct arena *a, struct source_scan *ret,
               struct error *err) MUST_CHECK;
/* source_land, as source.h says. */
int spark_land(const struct source_spec *spec, struct source_unit *unit, struct engine_conn *c, const struct cancel *cancel,
               void (*progress)(void *context, int64_t bytes), void *context, struct arena *a, struct source_landed *ret,
               struct error *err) MUST_CHECK;

#endif
