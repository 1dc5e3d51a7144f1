/* Hooks of the table of functions: each finishes a call whose arguments are bound (kind 'L': not bound). */
#ifndef SECCHI_SQL_CALL_FIX_H
#define SECCHI_SQL_CALL_FIX_H

#include "sql/bind.h"

#define T(kind) sql_simple_type(SQL_T_##kind)
#define ARG(e, i) ((e)->args.items[i])

typedef void fix_fn(struct binder *b, struct expr *e, const struct scope *s);
struct fix {
    const char *hook;
    fix_fn *fn;
};
/* Each ends with an entry of NULLs. */
extern const struct fix sql_text_fixes[], sql_number_fixes[], sql_time_fixes[], sql_nested_fixes[], sql_lambda_fixes[],
    sql_aggregate_fixes[], sql_json_fixes[];

void sql_fix_as(struct expr *e, const char *text, const struct sql_type *type); /* the call is this template */
void sql_fix_error(struct binder *b, const struct expr *e, const char *hint, const char *fmt, ...) PRINTF_LIKE(4, 5);
bool sql_call_is(const struct expr *e, const char *name);

#endif
