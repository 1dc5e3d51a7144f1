/*
 * databricks - the system tables of a workspace, asked for over a SQL warehouse (private to the room source). See source.h.
 */
#ifndef SECCHI_SOURCE_DATABRICKS_H
#define SECCHI_SOURCE_DATABRICKS_H

#include "source/source.h"

/* Lands what is new, then scans the folder. A table that is missing or not allowed is a finding, a workspace that cannot be asked an
 * error: then nothing is known, and what was landed before stays as it is. */
int databricks_scan(const struct source_spec *spec, const struct source_mark *marks, size_t mark_count, struct arena *a,
                    struct source_scan *ret, struct error *err) MUST_CHECK;

#endif
