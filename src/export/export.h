/*
 * export - content of packs as files of other platforms. Databricks: an Asset Bundle with tables, fills, functions, metric views and the
 * nightly jobs. Runs no statement and needs no home; the frames of the files are content (packs/health/databricks).
 */
#ifndef SECCHI_EXPORT_H
#define SECCHI_EXPORT_H

#include "base/base.h"
#include "config/config.h"
#include "pack/pack.h"

struct export_options { /* borrowed for the call */
    const struct pack_catalogue *catalogue;
    const struct config *config; /* ${variables} of content become its values */
    const char *frames;          /* folder with the frames: <pack>/databricks */
    const char *out;             /* made when it is not there */
    bool force;                  /* also over files that are not ours or were changed */
};

struct export_left { /* what is not in the bundle, or differs in it */
    const char *name, *why;
};

struct export_report { /* all in the arena */
    size_t files, tables, fills, functions, metric_views;
    struct export_left *left;
    size_t left_count;
};

/* Writes the bundle. The same content and configuration give the same bytes. Files of an earlier export that are not made any more are
 * removed. A file that another hand made or changed since is never touched without force: ERROR_CONFLICT names the first, and nothing was
 * written. What is ours stands in <out>/.secchi-export, a line `hash path` each. */
int export_databricks(const struct export_options *o, struct arena *a, struct export_report *ret, struct error *err) MUST_CHECK;

#endif
