/* Private to check: what its files hand each other. */
#ifndef SECCHI_CHECK_PRIVATE_H
#define SECCHI_CHECK_PRIVATE_H

#include "check/check.h"

struct checker {
    struct arena *arena;
    struct engine *engine;
    struct engine_conn *conn;
    const struct pack_catalogue *catalogue;
    struct check_report *report;
};

void check_note(struct checker *k, const struct error *err); /* keeps the first errors of a report */

/* ---- describe.c: what a person should find at every bronze and gold table (H-37, H-38) */
bool is_domain(const char *name);
void check_description(struct checker *k, const struct pack_object *o);

#endif
