/* For tests of folders and event logs: the source that asks a workspace is not linked in. */
#include "source/databricks.h"

int databricks_scan(const struct source_spec *spec, const struct source_mark *marks, size_t mark_count, struct arena *a,
                    struct source_scan *ret, struct error *err)
{
    (void)marks;
    (void)mark_count;
    (void)a;
    (void)ret;
    return error_set(err, ERROR_UNAVAILABLE, "%s: there is no workspace in this test", spec->name);
}
