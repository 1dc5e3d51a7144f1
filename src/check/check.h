/*
 * check - every reference and type of every pack, offline (H-15): names are resolved against the catalogue, then every statement
 * is prepared and run on an empty in-memory engine on which all DDL was applied. What passes here cannot fail for a name, a type
 * or a dialect reason later. Positions are those of the pack's files, with the nearest name as hint.
 */
#ifndef SECCHI_CHECK_H
#define SECCHI_CHECK_H

#include "base/base.h"
#include "config/config.h"
#include "pack/pack.h"

struct check_report {
    size_t tables, statements, derivations, checks, functions, metric_views, datasets; /* what was looked at */
    struct error *errors;                                                              /* in the arena, in the order of files and lines */
    size_t error_count;
};

/* dirs: packs in their order. config may be NULL (defaults). The return is 0 when the check could be made, also when it found
 * errors: they are in the report. */
int check_packs(const char *const *dirs, size_t dir_count, const struct config *config, struct arena *a, struct check_report *ret,
                struct error *err) MUST_CHECK;

#endif
