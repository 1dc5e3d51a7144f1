/* Prints docs/tables.md, the reference of all bronze and gold tables of a pack, or with --check FILE compares it. */
#include <stdlib.h>

#include "pack/reference.h"

static const char *const head[] = {
    "# Tables",
    "This page is made from the files in `packs/health` by `build/src/pack/tables_reference`. [add-a-table.md](add-a-table.md) shows how to add a table.",
    "Bronze holds the rows of the platform's system tables as they were delivered, of each natural key the last one; a bronze table can be asked under its "
    "system name as well. Gold is made of bronze. Keys are informational: uniqueness comes from MERGE, and values that have no row in the table to which "
    "they refer are reported as findings. All times are UTC.",
};

static const char *joined(struct arena *a, const char *const *names, size_t count)
{
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = arena_printf(a, "%s%s`%s`", text, i ? ", " : "", names[i]);
    return text;
}

static const char *property(const struct sql_table *t, const char *key)
{
    const char *value = sql_table_property(t, key);
    return value ? value : "";
}

/* ---- a table ---------------------------------------------------------------------------------------------------- */

/* A view may name its columns without types: they are those of a table that it reads. */
static const char *type_of(const struct pack_object *o, const struct sql_column *c)
{
    if (c->type_text)
        return c->type_text;
    for (size_t i = 0; i < o->read_count; i++) {
        const struct sql_table *t = o->reads[i]->table;
        for (size_t j = 0; j < t->column_count; j++)
            if (str_ieq(t->columns[j].name, c->name) && t->columns[j].type_text)
                return t->columns[j].type_text;
    }
    return "";
}

static void put_columns(struct buf *b, struct arena *a, const struct pack_object *o)
{
    buf_puts(b, "\nColumns:\n\n");
    for (size_t i = 0; i < o->table->column_count; i++) {
        const struct sql_column *c = &o->table->columns[i];
        const char *type = reference_code(a, type_of(o, c));
        reference_wrapped(
            b, arena_printf(a, "- `%s` %s%s%s%s", c->name, *type ? "`" : "", type, *type ? "`: " : ": ", reference_prose(a, c->comment)),
            "  ");
    }
}

static void put_keys(struct buf *b, struct arena *a, const struct pack_object *o)
{
    for (size_t i = 0; i < o->table->key_count; i++) {
        const struct sql_key *k = &o->table->keys[i];
        const char *columns = joined(a, k->columns, k->column_count);
        const char *to = k->primary ? "" : k->target.parts[k->target.count - 1];
        if (k->primary)
            reference_wrapped(b, arena_printf(a, "- Key: %s", columns), "  ");
        else
            reference_wrapped(b, arena_printf(a, "- %s refers to [`%s`](#%s)", columns, to, to), "  ");
    }
}

static void put_reads(struct buf *b, struct arena *a, const struct pack_object *o)
{
    const char *text = "";
    for (size_t i = 0; i < o->read_count; i++)
        text = arena_printf(a, "%s%s[`%s`](#%s)", text, i ? ", " : "", o->reads[i]->name, o->reads[i]->name);
    if (*text)
        reference_wrapped(b, arena_printf(a, "- %s %s", o->is_view ? "A view of" : "Made of", text), "  ");
}

static void put_checks(struct buf *b, struct arena *a, const struct pack_object *o)
{
    const char *text = "";
    for (size_t i = 0; i < o->check_count; i++)
        text = arena_printf(a, "%s%s`%s` (%s)", text, i ? ", " : "", o->checks[i].name, o->checks[i].warning ? "warn" : "error");
    if (*text)
        reference_wrapped(b, arena_printf(a, "- Quality checks: %s", text), "  ");
}

static void put_table(struct buf *b, struct arena *a, const struct pack_object *o)
{
    const struct sql_table *t = o->table;
    buf_printf(b, "\n### %s\n\n", o->name);
    reference_wrapped(b, arena_printf(a, "%s.", reference_prose(a, t->comment)), "");
    buf_putc(b, '\n');
    if (o->system_table)
        buf_printf(b, "- Rows of `%s`\n", o->system_table);
    put_reads(b, a, o);
    put_keys(b, a, o);
    put_checks(b, a, o);
    if (o->event_time)
        buf_printf(b, "- Time of a row: `%s`\n", o->event_time);
    reference_wrapped(b,
                      arena_printf(a, "- Domain %s; data_classification %s; contains_pii %s; business_owner %s; technical_owner %s",
                                   o->domain ? o->domain : "", property(t, "data_classification"), property(t, "contains_pii"),
                                   property(t, "business_owner"), property(t, "technical_owner")),
                      "  ");
    put_columns(b, a, o);
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static int by_name(const void *x, const void *y)
{
    const struct pack_object *const *a = x, *const *b = y;
    return strcmp((*a)->name, (*b)->name);
}

static void put_layer(struct buf *b, struct arena *a, const struct pack_catalogue *c, enum pack_layer layer, const char *title)
{
    size_t count = 0;
    const struct pack_object **tables = arena_alloc(a, (c->object_count + 1) * sizeof(const struct pack_object *));
    for (size_t i = 0; i < c->object_count; i++)
        if (c->objects[i]->layer == layer)
            tables[count++] = c->objects[i];
    qsort(tables, count, sizeof(const struct pack_object *), by_name);
    buf_printf(b, "\n## %s\n\n%zu tables in the schema `%s`.\n\n", title, count, count ? tables[0]->schema : "");
    for (size_t i = 0; i < count; i++)
        buf_printf(b, "- [`%s`](#%s), %s\n", tables[i]->name, tables[i]->name, tables[i]->domain ? tables[i]->domain : "");
    for (size_t i = 0; i < count; i++)
        put_table(b, a, tables[i]);
}

static char *reference(struct arena *a, const struct pack_catalogue *c)
{
    struct buf b;
    buf_init(&b, 16u << 20);
    for (size_t i = 0; i < ARRAY_LEN(head); i++) {
        buf_puts(&b, i ? "\n" : "");
        reference_wrapped(&b, head[i], "");
    }
    put_layer(&b, a, c, PACK_BRONZE, "Bronze");
    put_layer(&b, a, c, PACK_GOLD, "Gold");
    return buf_steal(&b);
}

int main(int argc, char **argv)
{
    return reference_main(argc, argv, reference, "build/src/pack/tables_reference packs/health >docs/tables.md");
}
