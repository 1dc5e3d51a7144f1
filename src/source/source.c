#include "source/source.h"

#include "source/databricks.h"
#include "source/folder.h"
#include "source/spark/spark.h"

#include <errno.h>

int source_detect(const char *path, enum source_kind *ret, struct error *err)
{
    if (!path_exists(path))
        return error_set(err, ERROR_USAGE, "source folder %s does not exist", path);
    if (!path_is_dir(path)) {
        error_set(err, ERROR_USAGE, "source %s is not a folder", path);
        error_hint(err, "name the folder that holds the event logs or the tables");
        return ERROR_USAGE;
    }
    /* A table of JSON lines and an event log may look alike by name, never by their first line: logs are asked first. */
    if (spark_detect(path)) {
        *ret = SOURCE_SPARK;
        return 0;
    }
    if (folder_detect(path)) {
        *ret = SOURCE_FOLDER;
        return 0;
    }
    error_set(err, ERROR_USAGE, "%s is no source that secchi knows", path);
    error_hint(err, "expected <schema>/<table>/ folders such as query/history/ with Parquet, JSON lines, CSV or a Delta table, "
                    "or event logs of Apache Spark");
    return ERROR_USAGE;
}

int source_scan(const struct source_spec *spec, const struct source_mark *marks, size_t mark_count, struct arena *a,
                struct source_scan *ret, struct error *err)
{
    if (spec->kind == SOURCE_SPARK)
        return spark_scan(spec, marks, mark_count, a, ret, err);
    if (spec->kind == SOURCE_DATABRICKS)
        return databricks_scan(spec, marks, mark_count, a, ret, err);
    return folder_scan(spec, marks, mark_count, a, ret, err);
}

int source_land(const struct source_spec *spec, struct source_unit *unit, struct engine_conn *c, const struct cancel *cancel,
                void (*progress)(void *context, int64_t bytes), void *context, struct arena *a, struct source_landed *ret,
                struct error *err)
{
    if (spec->kind != SOURCE_SPARK)
        return error_set(err, ERROR_INTERNAL, "source %s has no event logs to land", spec->name);
    return spark_land(spec, unit, c, cancel, progress, context, a, ret, err);
}
