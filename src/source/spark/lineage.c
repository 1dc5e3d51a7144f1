#include "source/spark/lineage.h"

#include <ctype.h>
#include <yyjson.h>

#define ROWS_MAX 1000 /* table_access rows of one plan */

static bool begins(const char *text, size_t len, const char *with)
{
    size_t n = strlen(with);
    return len >= n && memcmp(text, with, n) == 0;
}

static const char *find(const char *text, size_t len, const char *what) { return text ? memmem(text, len, what, strlen(what)) : NULL; }

/* ---- names and paths ------------------------------------------------------------------------------------ */

void lineage_name(struct arena *a, const char *text, size_t len, bool other_catalog, struct lineage_table *ret)
{
    const char *parts[3] = {0};
    size_t count = 0;
    const char *at = text, *end = text + len;
    while (at < end && count < 3) {
        char quote = *at == '`';
        const char *begin = at + quote;
        const char *stop = memchr(begin, quote ? '`' : '.', (size_t)(end - begin));
        stop = stop ? stop : end;
        parts[count++] = arena_strndup(a, begin, (size_t)(stop - begin));
        at = stop + quote;
        if (at < end && *at == '.')
            at++;
    }
    if (count == 0)
        return;
    ret->name = parts[count - 1];
    ret->schema = count > 1 ? parts[count - 2] : NULL;
    ret->catalog = count > 2 ? parts[0] : count == 2 && !other_catalog ? "spark_catalog" : NULL;
    ret->full_name = arena_printf(a, "%s%s%s%s%s", ret->catalog ? ret->catalog : "", ret->catalog ? "." : "",
                                  ret->schema ? ret->schema : "", ret->schema ? "." : "", ret->name);
}

/* One spelling for local paths: file:///x and file:/x are the same. A path that Spark cut is no path. */
static const char *path_of(struct arena *a, const char *text, size_t len)
{
    while (len && isspace((unsigned char)text[len - 1]))
        len--;
    if (len == 0 || find(text, len, "..."))
        return NULL;
    const char *scheme = find(text, len, ":///");
    char *path = scheme ? arena_printf(a, "%.*s%.*s", (int)(scheme - text) + 1, text, (int)(len - (size_t)(scheme - text) - 3), scheme + 3)
                        : arena_strndup(a, text, len);
    size_t n = strlen(path);
    if (n > 1 && path[n - 1] == '/')
        path[n - 1] = 0;
    return path;
}

/* Up to the first of the stop characters. */
static size_t until(const char *text, size_t len, const char *stops)
{
    size_t n = 0;
    while (n < len && !strchr(stops, text[n]))
        n++;
    return n;
}

/* `a`.`b`.`c` anywhere in a text. */
static bool quoted_name(struct arena *a, const char *text, size_t len, struct lineage_table *ret)
{
    const char *end = text + len, *begin = memchr(text, '`', len), *at = begin;
    while (at && at < end && *at == '`') {
        const char *close = memchr(at + 1, '`', (size_t)(end - at - 1));
        if (!close)
            return false;
        at = close + 1;
        if (at + 1 < end && at[0] == '.' && at[1] == '`')
            at++;
    }
    if (!begin)
        return false;
    lineage_name(a, begin, (size_t)(at - begin), false, ret);
    return ret->name != NULL;
}

/* ---- scans -------------------------------------------------------------------------------------------------- */

static const char *location(struct arena *a, const char *text, size_t len)
{
    const char *at = find(text, len, "Location: ");
    if (!at)
        return NULL;
    const char *end = text + len, *open = memchr(at, '[', (size_t)(end - at));
    if (!open || memchr(at, '\n', (size_t)(open - at)))
        return NULL;
    return path_of(a, open + 1, until(open + 1, (size_t)(end - open - 1), ",]\n"));
}

static bool reads_own_log(const char *name, size_t name_len, const char *text, size_t len)
{
    return find(text, len, "DeltaLogFileIndex") || find(text, len, "_delta_log") || find(name, name_len, "_delta_log");
}

bool lineage_scan(struct arena *a, const char *name, size_t name_len, const char *text, size_t len, struct lineage_table *ret)
{
    static const char *const none[] = {"Scan ExistingRDD", "Scan OneRowRelation", "Scan In-memory", "Scan InMemory", "Scan[",
                                       "Scan DeltaCDF"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        if (begins(name, name_len, none[i]))
            return false;
    bool batch = begins(name, name_len, "BatchScan ");
    if ((!batch && !begins(name, name_len, "Scan ")) || reads_own_log(name, name_len, text, len))
        return false;
    const char *at = name + (batch ? 10 : 5), *end = name + name_len;
    *ret = (struct lineage_table){0};
    const char *jdbc = find(at, (size_t)(end - at), "JDBCRelation(");
    if (jdbc) {
        size_t n = until(jdbc + 13, (size_t)(end - jdbc - 13), ") ");
        lineage_name(a, jdbc + 13, n, true, ret);
        return ret->name != NULL;
    }
    if (!batch) /* the format comes first */
        at += until(at, (size_t)(end - at), " ");
    while (at < end && *at == ' ')
        at++;
    size_t n = until(at, (size_t)(end - at), " [");
    bool is_path = memchr(at, '/', n) != NULL;
    if (n && !is_path && memchr(at, '.', n))
        lineage_name(a, at, n, batch, ret);
    ret->path = is_path ? path_of(a, at, n) : location(a, text, len);
    return ret->name || ret->path;
}

/* ---- writes --------------------------------------------------------------------------------------------------- */

static bool op_is(const char *op, size_t len, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == len && memcmp(names[i], op, len) == 0)
            return true;
    return false;
}

/* `Catalog: x`, `Database: y`, `Table: z` on lines of their own: how a catalogue entry prints itself. */
static const char *entry_line(struct arena *a, const char *text, size_t len, const char *label)
{
    const char *at = find(text, len, label);
    if (!at)
        return NULL;
    at += strlen(label);
    return arena_strndup(a, at, until(at, (size_t)(text + len - at), "\r\n"));
}

static void catalog_entry(struct arena *a, const char *text, size_t len, struct lineage_table *ret)
{
    const char *table = entry_line(a, text, len, "\nTable: "), *schema = entry_line(a, text, len, "\nDatabase: ");
    const char *catalog = entry_line(a, text, len, "\nCatalog: ");
    if (table && schema) {
        const char *name = arena_printf(a, "`%s`.`%s`.`%s`", catalog ? catalog : "spark_catalog", schema, table);
        lineage_name(a, name, strlen(name), false, ret);
    }
}

/* `DeltaTableV2(session, file:/x, ...)` and `Delta[version=1, file:/x]`. */
static const char *delta_path(struct arena *a, const char *text, size_t len)
{
    const char *end = text + len, *at = find(text, len, "DeltaTableV2("), *comma;
    if (!at)
        at = find(text, len, "Delta[version=");
    if (!at || !(comma = memchr(at, ',', (size_t)(end - at))))
        return NULL;
    comma++;
    while (comma < end && *comma == ' ')
        comma++;
    return path_of(a, comma, until(comma, (size_t)(end - comma), ",]\n"));
}

/* `class@hash, schema.table, ...`: the catalogue by its class only; that of the session has no other name. */
static bool created_table(struct arena *a, const char *text, size_t len, struct lineage_table *ret)
{
    const char *comma = len ? memchr(text, ',', len) : NULL;
    if (!comma)
        return false;
    bool session = find(text, (size_t)(comma - text), "DeltaCatalog") || find(text, (size_t)(comma - text), "V2SessionCatalog");
    comma++;
    while (comma < text + len && *comma == ' ')
        comma++;
    size_t n = until(comma, (size_t)(text + len - comma), ", \n");
    if (n == 0 || find(comma, n, "..."))
        return false;
    lineage_name(a, comma, n, !session, ret);
    return ret->name != NULL;
}

static const char *option(struct arena *a, const char *text, size_t len, const char *name, const char *stops)
{
    const char *at = find(text, len, name);
    if (!at)
        return NULL;
    at += strlen(name);
    return arena_strndup(a, at, until(at, (size_t)(text + len - at), stops));
}

static bool data_source(struct arena *a, const char *text, size_t len, struct lineage_table *ret)
{
    const char *path = option(a, text, len, "path -> ", ",)]\n"), *table = option(a, text, len, "dbtable -> ", ",)]\n");
    if (table && !strchr(table, '*'))
        lineage_name(a, table, strlen(table), true, ret);
    if (path && !strchr(path, '*'))
        ret->path = path_of(a, path, strlen(path));
    return ret->name || ret->path;
}

bool lineage_write(struct arena *a, const char *op, size_t op_len, const char *text, size_t len, struct lineage_table *ret)
{
    static const char *const create[] = {"AtomicCreateTableAsSelect", "AtomicReplaceTableAsSelect", "CreateTableAsSelect",
                                         "ReplaceTableAsSelect"};
    static const char *const commands[] = {
        "InsertIntoHadoopFsRelationCommand",
        "InsertIntoHiveTable",
        "CreateDataSourceTableAsSelectCommand",
        "CreateHiveTableAsSelectCommand",
        "SaveAsV1TableCommand",
        "MergeIntoCommand",
        "UpdateCommand",
        "DeleteCommand",
        "WriteIntoDeltaCommand",
        "WriteIntoDelta",
        "AppendDataExecV1",
        "OverwriteByExpressionExecV1",
        "AppendData",
        "OverwriteByExpression",
        "OverwritePartitionsDynamic",
        "ReplaceData",
        "WriteDelta",
    };
    *ret = (struct lineage_table){0};
    if (op_is(op, op_len, create, ARRAY_LEN(create)))
        return created_table(a, text, len, ret);
    if (begins(op, op_len, "SaveIntoDataSourceCommand"))
        return data_source(a, text, len, ret);
    if (begins(op, op_len, "CreateViewCommand"))
        return !find(text, len, "TempView") && quoted_name(a, text, len, ret);
    if (!op_is(op, op_len, commands, ARRAY_LEN(commands)))
        return false;
    catalog_entry(a, text, len, ret);
    if (!ret->name && !quoted_name(a, text, len, ret)) {
        const char *iceberg = option(a, text, len, "IcebergWrite(table=", ",)\n");
        if (iceberg)
            lineage_name(a, iceberg, strlen(iceberg), true, ret);
    }
    ret->path = begins(op, op_len, "InsertIntoHadoop") ? path_of(a, text, until(text, len, ",\n")) : delta_path(a, text, len);
    return ret->name || ret->path;
}

/* ---- paragraphs of a description -------------------------------------------------------------------------------- */

/* "(12) " at the beginning of a line: the number, else -1. */
static long section_number(const char *at, const char *end, const char **ret_behind)
{
    long n = 0;
    const char *p = at + 1;
    if (at >= end || *at != '(')
        return -1;
    for (; p < end && isdigit((unsigned char)*p) && p - at < 8; p++)
        n = n * 10 + (*p - '0');
    if (p == at + 1 || p + 1 >= end || p[0] != ')' || p[1] != ' ')
        return -1;
    *ret_behind = p + 2;
    return n;
}

static const char *next_line(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline ? newline + 1 : end;
}

bool lineage_next_section(const char **at, const char *end, struct lineage_section *ret)
{
    const char *name = NULL, *ignored;
    long number = -1;
    while (*at < end && (number = section_number(*at, end, &name)) < 0)
        *at = next_line(*at, end);
    if (number < 0)
        return false;
    const char *body = next_line(name, end), *stop = body;
    while (stop < end && section_number(stop, end, &ignored) < 0 && !begins(stop, (size_t)(end - stop), "====="))
        stop = next_line(stop, end);
    size_t len = (size_t)(body - name);
    while (len && isspace((unsigned char)name[len - 1]))
        len--;
    const char *codegen = find(name, len, " [codegen id");
    len = codegen ? (size_t)(codegen - name) : len;
    if (begins(name, len, "Execute ")) {
        name += 8;
        len -= 8;
    }
    *ret = (struct lineage_section){number, name, len, body, (size_t)(stop - body)};
    *at = stop;
    return true;
}

bool lineage_field(const struct lineage_section *s, const char *label, const char **ret, size_t *ret_len)
{
    size_t n = strlen(label);
    const char *end = s->body + s->body_len;
    for (const char *line = s->body; line < end; line = next_line(line, end)) {
        if (!begins(line, (size_t)(end - line), label) || (line[n] != ':' && line[n] != ' '))
            continue;
        const char *colon = memchr(line, ':', (size_t)(end - line));
        if (!colon)
            return false;
        *ret = colon + 1 < end && colon[1] == ' ' ? colon + 2 : colon + 1;
        *ret_len = (size_t)((str_eq(label, "Arguments") ? end : next_line(line, end)) - *ret);
        return true;
    }
    return false;
}

/* ---- rows ----------------------------------------------------------------------------------------------------------- */

struct accesses {
    struct emit *e;
    int64_t execution_id;
    struct map seen;
};

static void access_row(struct accesses *w, bool write, const char *op, size_t op_len, const struct lineage_table *t)
{
    char *key = arena_printf(w->e->scratch, "%d %s %s", write, t->full_name ? t->full_name : "", t->path ? t->path : "");
    if (w->seen.live >= ROWS_MAX || map_has(&w->seen, key))
        return;
    map_set(&w->seen, key, NULL);
    struct engine_loader *l = emit_row(w->e, SPARK_T_TABLE_ACCESS);
    if (!l)
        return;
    engine_load_i64(l, TABLE_ACCESS_execution_id, w->execution_id);
    engine_load_bool(l, TABLE_ACCESS_is_write, write);
    engine_load_text(l, TABLE_ACCESS_operation, op, op_len);
    put_str(l, TABLE_ACCESS_table_full_name, t->full_name);
    put_str(l, TABLE_ACCESS_table_catalog, t->catalog);
    put_str(l, TABLE_ACCESS_table_schema, t->schema);
    put_str(l, TABLE_ACCESS_table_name, t->name);
    put_str(l, TABLE_ACCESS_path, t->path);
    emit_row_end(w->e, l);
}

static void scans(struct accesses *w, yyjson_val *node, unsigned depth)
{
    if (!yyjson_is_obj(node) || depth > PLAN_DEPTH_MAX)
        return;
    yyjson_val *name = yyjson_obj_get(node, "nodeName"), *text = yyjson_obj_get(node, "simpleString"), *child;
    struct lineage_table t;
    if (yyjson_is_str(name) && yyjson_is_str(text) &&
        lineage_scan(w->e->scratch, yyjson_get_str(name), yyjson_get_len(name), yyjson_get_str(text), yyjson_get_len(text), &t))
        access_row(w, false, yyjson_get_str(name), until(yyjson_get_str(name), yyjson_get_len(name), " "), &t);
    yyjson_arr_iter it = yyjson_arr_iter_with(yyjson_obj_get(node, "children"));
    while ((child = yyjson_arr_iter_next(&it)))
        scans(w, child, depth + 1);
}

static void commands(struct accesses *w, const char *description, size_t len)
{
    struct lineage_section s;
    struct lineage_table t;
    const char *at = description, *end = description + len, *args;
    size_t args_len;
    bool view = false;
    while (lineage_next_section(&at, end, &s)) {
        if (!lineage_field(&s, "Arguments", &args, &args_len))
            continue;
        if (lineage_write(w->e->scratch, s.name, s.name_len, args, args_len, &t)) {
            access_row(w, true, s.name, s.name_len, &t);
            view |= begins(s.name, s.name_len, "CreateViewCommand");
        }
        t = (struct lineage_table){0};
        if (view && begins(s.name, s.name_len, "LogicalRelation") && quoted_name(w->e->scratch, args, args_len, &t))
            access_row(w, false, s.name, s.name_len, &t);
    }
}

void lineage_rows(struct emit *e, int64_t execution_id, yyjson_val *plan, const char *description, size_t len)
{
    struct accesses w = {.e = e, .execution_id = execution_id};
    scans(&w, plan, 0);
    if (description)
        commands(&w, description, len);
    bool any = w.seen.live > 0;
    map_free(&w.seen);
    if (any && description)
        lineage_columns(e, execution_id, description, len);
}
