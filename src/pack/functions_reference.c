/* Prints docs/functions.md, the reference of all table functions and metric views of a pack, or with --check FILE compares it. */
#include <stdlib.h>

#include "pack/reference.h"

static const char *const head[] = {
    "# Functions and metric views",
    "This page is made from the files in `packs/health` by `build/src/pack/functions_reference`. [add-a-function.md](add-a-function.md) and "
    "[metric-views.md](metric-views.md) show how to add some.",
    "Functions are called as `SELECT * FROM get_x(...)`, with arguments by place or by name (`top_n => 5`); those without a default must be given. Metric views "
    "are asked as `SELECT dimension, MEASURE(measure) FROM view GROUP BY ALL`. The numbers that they judge by are settings ([configuration.md](configuration.md)).",
};
static const char *const domains[] = {"cost", "reliability", "performance", "security", "quality"};

/* ---- functions --------------------------------------------------------------------------------------------------- */

static void put_columns(struct buf *b, struct arena *a, const char *title, const struct sql_column *columns, size_t count)
{
    if (count)
        buf_printf(b, "\n%s:\n\n", title);
    for (size_t i = 0; i < count; i++) {
        const struct sql_column *c = &columns[i];
        const char * or = c->default_sql ? arena_printf(a, ", `%s` when not given", c->default_sql) : "";
        reference_wrapped(
            b, arena_printf(a, "- `%s` `%s`%s: %s", c->name, reference_code(a, c->type_text), or, reference_prose(a, c->comment)), "  ");
    }
}

/* The comment is structured: a line each for purpose, questions, what it is not for, rows, and an example. */
static void put_comment(struct buf *b, struct arena *a, const char *comment)
{
    char *rest = arena_strdup(a, comment ? comment : "");
    for (char *line = strtok_r(rest, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        const char *example = str_starts(line, "EXAMPLE: ") ? line + strlen("EXAMPLE: ") : NULL;
        const char *purpose = str_starts(line, "PURPOSE: ") ? line + strlen("PURPOSE: ") : NULL;
        if (example)
            buf_printf(b, "\n```sql\n%s\n```\n", example);
        else
            reference_wrapped(
                b, purpose ? arena_printf(a, "%s\n", reference_prose(a, purpose)) : arena_printf(a, "- %s", reference_prose(a, line)),
                "  ");
        if (purpose)
            buf_puts(b, "\n");
    }
}

static void put_function(struct buf *b, struct arena *a, const struct pack_function *f)
{
    buf_printf(b, "\n### %s\n\n", f->name);
    put_comment(b, a, f->function->comment);
    put_columns(b, a, "Parameters", f->function->parameters, f->function->parameter_count);
    put_columns(b, a, "Columns", f->function->columns, f->function->column_count);
}

static int by_name(const void *x, const void *y)
{
    const struct pack_function *const *a = x, *const *b = y;
    return strcmp((*a)->name, (*b)->name);
}

static void put_domain(struct buf *b, struct arena *a, const struct pack_catalogue *c, const char *domain)
{
    size_t count = 0;
    const struct pack_function **functions = arena_alloc(a, (c->function_count + 1) * sizeof(const struct pack_function *));
    for (size_t i = 0; i < c->function_count; i++)
        if (c->functions[i]->domain && str_eq(c->functions[i]->domain, domain))
            functions[count++] = c->functions[i];
    qsort(functions, count, sizeof(const struct pack_function *), by_name);
    buf_printf(b, "\n## Functions: %s\n\n", domain);
    for (size_t i = 0; i < count; i++)
        buf_printf(b, "- [`%s`](#%s)\n", functions[i]->name, functions[i]->name);
    for (size_t i = 0; i < count; i++)
        put_function(b, a, functions[i]);
}

/* ---- metric views ------------------------------------------------------------------------------------------------ */

static void put_fields(struct buf *b, struct arena *a, const char *title, const struct sql_metric_field *fields, size_t count)
{
    buf_printf(b, "\n%s:\n\n", title);
    for (size_t i = 0; i < count; i++)
        reference_wrapped(b, arena_printf(a, "- `%s`: %s", fields[i].name, reference_prose(a, fields[i].comment)), "  ");
}

static void put_metric_view(struct buf *b, struct arena *a, const struct pack_metric_view *m)
{
    buf_printf(b, "\n### %s\n\n", m->name);
    reference_wrapped(b, reference_prose(a, m->view->comment), "");
    buf_puts(b, "\n");
    reference_wrapped(b, arena_printf(a, "- Domain %s; source `%s`", m->domain ? m->domain : "", m->view->source), "  ");
    put_fields(b, a, "Dimensions", m->view->dimensions, m->view->dimension_count);
    put_fields(b, a, "Measures", m->view->measures, m->view->measure_count);
}

static char *reference(struct arena *a, const struct pack_catalogue *c)
{
    struct buf b;
    buf_init(&b, 16u << 20);
    for (size_t i = 0; i < ARRAY_LEN(head); i++) {
        buf_puts(&b, i ? "\n" : "");
        reference_wrapped(&b, head[i], "");
    }
    for (size_t i = 0; i < ARRAY_LEN(domains); i++)
        put_domain(&b, a, c, domains[i]);
    buf_puts(&b, "\n## Metric views\n\n");
    for (size_t i = 0; i < c->metric_view_count; i++)
        buf_printf(&b, "- [`%s`](#%s)\n", c->metric_views[i]->name, c->metric_views[i]->name);
    for (size_t i = 0; i < c->metric_view_count; i++)
        put_metric_view(&b, a, c->metric_views[i]);
    return buf_steal(&b);
}

int main(int argc, char **argv)
{
    return reference_main(argc, argv, reference, "build/src/pack/functions_reference packs/health >docs/functions.md");
}
