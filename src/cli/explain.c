#include "cli/command.h"

#include <yyjson.h>

struct printer {
    struct arena *arena;
    yyjson_val *root;
};

static const char *text_of(yyjson_val *object, const char *key) { return yyjson_get_str(yyjson_obj_get(object, key)); }

/* "fact_usage.custom_tags", "get_x().cost"; schemas only where they are not those of gold. */
static const char *place_text(struct arena *a, yyjson_val *p)
{
    const char *schema = text_of(p, "schema"), *column = text_of(p, "column"), *field = text_of(p, "field");
    const bool gold = str_eq(schema, "system_gold");
    return arena_printf(a, "%s%s%s%s%s%s%s%s", gold ? "" : schema, gold ? "" : ".", text_of(p, "name"),
                        str_eq(text_of(p, "kind"), "function") ? "()" : "", column ? "." : "", column ? column : "", field ? "." : "",
                        field ? field : "");
}

static const char *places_text(struct arena *a, yyjson_val *list, bool direct)
{
    yyjson_val *p;
    size_t i, n;
    const char *text = "";
    yyjson_arr_foreach(list, i, n, p)
    {
        if (yyjson_get_bool(yyjson_obj_get(p, "direct")) == direct)
            text = arena_printf(a, "%s%s%s", text, *text ? ", " : "", place_text(a, p));
    }
    return text;
}

static void put_line(const char *label, const char *text)
{
    if (text && *text)
        printf("%-10s %s\n", label, text);
}

static void put_head(struct printer *x)
{
    yyjson_val *tags = yyjson_obj_get(x->root, "tags"), *key, *value;
    size_t i, n;
    const char *column = text_of(x->root, "column"), *field = text_of(x->root, "field"), *all = "";
    yyjson_val *part = yyjson_arr_get_first(yyjson_obj_get(x->root, "definition"));
    printf("%s %s.%s%s%s%s%s\n", text_of(x->root, "kind"), text_of(x->root, "schema"), text_of(x->root, "name"), column ? "." : "",
           column ? column : "", field ? "." : "", field ? field : "");
    put_line("stands for", text_of(x->root, "system_table"));
    put_line("comment", text_of(x->root, "comment"));
    put_line("layer", text_of(x->root, "layer"));
    put_line("domain", text_of(x->root, "domain"));
    put_line("owner", text_of(x->root, "owner"));
    yyjson_obj_foreach(tags, i, n, key, value)
    {
        all = arena_printf(x->arena, "%s%s%s = %s", all, *all ? ", " : "", yyjson_get_str(key), yyjson_get_str(value));
    }
    put_line("tags", all);
    put_line("pack", text_of(x->root, "pack"));
    if (part)
        printf("%-10s %s:%lld\n", "defined in", text_of(part, "file"), (long long)yyjson_get_sint(yyjson_obj_get(part, "line")));
    put_line("lineage", text_of(x->root, "fault") ? arena_printf(x->arena, "not wholly known: %s", text_of(x->root, "fault")) : NULL);
}

static void put_parameters(struct printer *x)
{
    yyjson_val *list = yyjson_obj_get(x->root, "parameters"), *p;
    size_t i, n;
    if (yyjson_arr_size(list))
        puts("\nparameters");
    yyjson_arr_foreach(list, i, n, p)
    {
        const char *fallback = text_of(p, "default"), *comment = text_of(p, "comment");
        printf("  %-32s %-20s %s%s%s\n", text_of(p, "name"), text_of(p, "type"), fallback ? "default " : "required",
               fallback ? fallback : "", comment ? arena_printf(x->arena, "  %s", comment) : "");
    }
}

/* As wide as the widest that is not wider than most. */
static int width_of(yyjson_val *list, const char *key, int most)
{
    yyjson_val *o;
    size_t i, n;
    int width = 4;
    yyjson_arr_foreach(list, i, n, o)
    {
        const int len = (int)yyjson_get_len(yyjson_obj_get(o, key));
        if (len <= most && len > width)
            width = len;
    }
    return width;
}

static void put_columns(struct printer *x)
{
    yyjson_val *list = yyjson_obj_get(x->root, "columns"), *c;
    const int name = width_of(list, "name", 44), type = width_of(list, "type", 24);
    size_t i, n;
    puts(text_of(x->root, "column") ? "\ncolumn" : "\ncolumns");
    yyjson_arr_foreach(list, i, n, c)
    {
        const char *kind = text_of(c, "kind"), *comment = text_of(c, "comment"), *expression = text_of(c, "expression");
        yyjson_val *from = yyjson_obj_get(c, "from");
        const char *direct = places_text(x->arena, from, true), *own = text_of(c, "type");
        printf("  %-*s %-*s %s%s%s\n", name, text_of(c, "name"), type, own ? own : "-",
               str_eq(kind, "column") ? "" : arena_printf(x->arena, "%s. ", kind),
               yyjson_get_bool(yyjson_obj_get(c, "in_key")) ? "key. " : "", comment ? comment : "");
        if (expression)
            printf("  %*s = %s\n", name, "", expression);
        if (*direct)
            printf("  %*s from %s\n", name, "", direct);
        if (text_of(x->root, "column") && *places_text(x->arena, from, false))
            printf("  %*s rows by %s\n", name, "", places_text(x->arena, from, false));
    }
    if (!text_of(x->root, "column"))
        put_line("\nrows by", places_text(x->arena, yyjson_obj_get(x->root, "rows_from"), false));
}

static bool same_object(yyjson_val *p, yyjson_val *q)
{
    static const char *const keys[] = {"kind", "schema", "name"};
    bool same = q && yyjson_get_sint(yyjson_obj_get(p, "level")) == yyjson_get_sint(yyjson_obj_get(q, "level"));
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        same = same && str_eq(text_of(p, keys[i]), text_of(q, keys[i]));
    return same;
}

/* A line an object, with its columns. What only decides rows of the column itself stands with the column. */
static void put_walk(struct printer *x, const char *key, const char *title)
{
    yyjson_val *list = yyjson_obj_get(x->root, key), *p, *before = NULL;
    const bool up = str_eq(key, "upstream");
    size_t i, n;
    printf("\n%s", title);
    yyjson_arr_foreach(list, i, n, p)
    {
        const char *column = text_of(p, "column"), *field = text_of(p, "field"), *schema = text_of(p, "schema");
        const bool direct = yyjson_get_bool(yyjson_obj_get(p, "direct"));
        if (up && !direct)
            continue;
        if (!same_object(p, before))
            printf("\n%*s%s.%s  %s", 2 * (int)yyjson_get_sint(yyjson_obj_get(p, "level")), "", schema, text_of(p, "name"),
                   text_of(p, "kind"));
        if (column || !direct)
            printf("%s%s%s%s", same_object(p, before) ? ", " : ": ", !direct ? "which rows" : column, field ? "." : "", field ? field : "");
        before = p;
    }
    puts(before ? "" : ": nothing");
}

static void put_definition(struct printer *x)
{
    yyjson_val *list = yyjson_obj_get(x->root, "definition"), *p;
    size_t i, n;
    yyjson_arr_foreach(list, i, n, p)
    {
        printf("\n%s, %s:%lld\n%s\n", text_of(p, "what"), text_of(p, "file"), (long long)yyjson_get_sint(yyjson_obj_get(p, "line")),
               text_of(p, "text"));
    }
}

static void put_all(struct printer *x, bool with_text)
{
    put_head(x);
    put_parameters(x);
    put_columns(x);
    put_walk(x, "upstream", "reads");
    put_walk(x, "downstream", "is read by");
    if (with_text)
        put_definition(x);
}

static const char *path_of(struct cli *cli)
{
    struct buf b CLEANUP(buf_free);
    const char *depth = cli_value(cli, "depth");
    buf_init(&b, LIMIT_PATH_BYTES);
    buf_puts(&b, "/api/v1/objects/");
    for (const char *p = cli->arguments[0]; *p; p++) {
        const bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_' || *p == '.';
        buf_printf(&b, plain ? "%c" : "%%%02X", (unsigned char)*p);
    }
    if (depth)
        buf_printf(&b, "?depth=%s", depth);
    return b.overflow ? NULL : arena_strdup(cli->arena, b.data);
}

static int run(struct cli *cli, struct error *err)
{
    yyjson_doc *doc;
    const char *path = path_of(cli);
    int rc = path ? cli_load(cli, err) : error_set(err, ERROR_USAGE, "the name is too long");
    if (!rc)
        rc = cli_ask(cli, "GET", path, NULL, &doc, err);
    if (rc)
        return rc;
    struct printer x = {cli->arena, yyjson_doc_get_root(doc)};
    if (!str_eq(cli_value(cli, "format"), "json"))
        put_all(&x, !cli_flag(cli, "short"));
    yyjson_doc_free(doc);
    return 0;
}

static const struct option options[] = {
    {"depth", OPTION_INT, "N", NULL, NULL, false, "levels of lineage in both directions (default all)"},
    {"short", OPTION_FLAG, NULL, NULL, NULL, false, "leaves the SQL or YAML out"},
    {"format", OPTION_CHOICE, "FORMAT", "text|json", NULL, false, "how it is written (default text)"},
    {0},
};

const struct command command_explain = {
    .name = "explain",
    .arguments = "OBJECT",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "what an object is, what it reads and what reads it",
    .text =
        "Shows a table, view, function or metric view: comment, tags, domain, owner, parameters, columns with where each comes from, what it reads and what reads "
        "it, level by level, and its SQL or YAML with file and line. OBJECT may also be a column, a field, a dimension or a measure (fact_usage.list_cost): then "
        "lineage is that of its values.",
    .examples =
        "secchi explain fact_usage\nsecchi explain system.billing.usage.usage_metadata.job_id\nsecchi explain mv_cost_analytics.total_cost --short",
    .options = options,
    .run = run,
};
