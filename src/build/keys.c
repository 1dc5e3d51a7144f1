#include "build/room.h"

/*
 * Primary keys, foreign keys and periods of gold tables are declarations: nothing enforces them, so they are looked at after a
 * publication. After a fill that only added and replaced rows their keys tell where to look. The whole table is looked at on
 * --full, when it was built anew, when rows may have gone from what it refers to, and as long as the finding is open: then the
 * finding has true numbers, and is closed as soon as it no longer holds.
 */

static char *columns_text(struct arena *a, const char *const *columns, size_t count, const char *before, const char *after,
                          const char *separator)
{
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "%s%s%s%s", i ? separator : "", before, sql_backtick(a, columns[i]), after);
    return arena_strndup(a, b.data ? b.data : "", b.len);
}

static const char *plain_list(struct arena *a, const char *const *columns, size_t count)
{
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", columns[i]);
    return arena_strndup(a, b.data ? b.data : "", b.len);
}

static const char *example_text(struct arena *a, const char *const *columns, size_t count, const char *alias)
{
    const char *before = arena_printf(a, "CAST(%s.", alias);
    return arena_printf(a, "CONCAT_WS(', ', %s)", columns_text(a, columns, count, before, " AS STRING)", ", "));
}

/* ---- keys of what a fill writes --------------------------------------------------------------------------------- */

static void add_columns(struct map *seen, struct buf *b, struct arena *a, const char *const *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *key = arena_strdup(a, columns[i]);
        str_lower(key);
        if (map_has(seen, key))
            continue;
        map_set(seen, key, a);
        buf_printf(b, "%ss.%s", b->len ? ", " : "", sql_backtick(a, columns[i]));
    }
}

static const char *keys_name(struct arena *a, const struct pack_object *o) { return arena_printf(a, "%s_keys", o->name); }

/* What b->keyed says of a table: whether rows with the primary keys of the kept ones were there before. */
static const char keys_new[] = "new", keys_any[] = "any";

#define WHOLE_ROWS 100000 /* more are not kept as they are until the end, only their keys */

/* The rows are made once and then merged; none need no MERGE at all. *is_new: what is known of them before and after. */
static int fill_from_kept(struct build *b, const struct engine_stmt *fill, const char *columns, const char *name, int64_t *ret_rows,
                          bool *is_new, bool *ret_done, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const char *relation = arena_printf(a, "incoming.%s", sql_backtick(a, name));
    struct engine_stmt rows = *fill, merge = *fill;
    int64_t count = 0;
    rows.sql = build_query_of_merge(a, fill->sql, "s.*");
    merge.sql = build_merge_from(a, fill->sql, relation);
    if (!rows.sql || !merge.sql)
        return 0;
    int rc = engine_stage_query(b->conn, name, &rows, &count, err);
    if (!rc && count)
        rc = build_merge_run(b->conn, &merge, relation, *is_new, ret_rows, is_new, err);
    if (!rc && count > WHOLE_ROWS)
        rc = engine_stage_query(b->conn, name, ENGINE_SQL(arena_printf(a, "SELECT %s FROM %s AS s", columns, relation)), NULL, err);
    *ret_done = true;
    return rc;
}

int build_keys_fill(struct build *b, const struct pack_object *o, const struct engine_stmt *fill, bool known_new, int64_t *ret_rows,
                    bool *ret_done, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct buf columns CLEANUP(buf_free);
    struct map seen = {0};
    *ret_done = false;
    *ret_rows = 0;
    buf_init(&columns, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < o->table->key_count; i++)
        add_columns(&seen, &columns, a, o->table->keys[i].columns, o->table->keys[i].column_count);
    add_columns(&seen, &columns, a, o->periods.keys, o->periods.key_count);
    map_free(&seen);
    if (!columns.len)
        return 0;
    const struct sql_key *k = sql_primary_key(o->table);
    bool all_new = known_new;
    int rc = fill_from_kept(b, fill, columns.data, keys_name(a, o), ret_rows, &all_new, ret_done, err);
    all_new = all_new && k && build_merge_is_on(a, fill->sql, k->columns, k->column_count);
    if (!rc && *ret_done)
        map_set(&b->keyed, build_key(b->arena, o), (void *)(uintptr_t)(all_new ? keys_new : keys_any));
    return rc;
}

void build_keys_forget(struct build *b)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const struct pack_catalogue *c = b->ctx->catalogue;
    for (size_t i = 0; i < c->object_count; i++)
        if (map_has(&b->keyed, build_key(b->arena, c->objects[i])))
            engine_unstage(b->conn, keys_name(a, c->objects[i]));
    map_free(&b->keyed);
    b->keyed = (struct map){0};
}

/* ---- open findings ---------------------------------------------------------------------------------------------- */

static const char *open_key(struct arena *a, const char *kind, const char *table, const char *subject)
{
    return arena_printf(a, "%s\t%s\t%s", kind, table, subject ? subject : "");
}

int build_keys_open(struct build *b, struct arena *a, struct build_keys *ret, struct error *err)
{
    struct engine_rows rows;
    int rc = engine_rows(b->conn, SQL_WITH(build_sql_open_keys, P_TEXT("kinds", FINDINGS_KEYS)), 100000, a, &rows, err);
    for (size_t i = 0; !rc && i < rows.row_count; i++) {
        const struct engine_value *v = &rows.values[i * rows.column_count];
        map_set(&ret->open, open_key(a, v[0].text, v[1].text, v[2].type == ENGINE_NULL ? NULL : v[2].text), a);
    }
    return rc;
}

/* ---- looking ---------------------------------------------------------------------------------------------------- */

struct look {
    struct build *b;
    const struct pack_object *object;
    struct arena *arena;
    bool self, keyed; /* the table has changed; its changed keys are kept */
    const struct build_keys *keys;
};

struct found {
    int64_t keys, rows;
    const char *example;
};

static bool changed(const struct look *l, const struct pack_object *o)
{
    return map_has(l->keys->changed, arena_printf(l->arena, "%s.%s", o->schema, o->name));
}

static bool is_open(const struct look *l, const char *kind, const char *subject)
{
    return map_has(&l->keys->open, open_key(l->arena, kind, l->object->name, subject));
}

static int ask(struct look *l, const char *sql, struct found *ret, struct error *err)
{
    struct engine_rows rows;
    int rc = engine_rows(l->b->conn, ENGINE_SQL(sql), 1, l->arena, &rows, err);
    if (rc)
        return rc;
    *ret = (struct found){.keys = rows.values[0].i, .example = rows.values[2].type == ENGINE_NULL ? "" : rows.values[2].text};
    if (rows.values[1].type == ENGINE_I64)
        ret->rows = rows.values[1].i;
    else if (rows.values[1].type != ENGINE_NULL && str_to_i64(rows.values[1].text, &ret->rows)) /* sums are decimals */
        return error_set(err, ERROR_INTERNAL, "expected a number, found %s", rows.values[1].text);
    return 0;
}

static const char *table_text(const struct look *l) { return arena_printf(l->arena, "%s.%s", l->object->schema, l->object->name); }

/* "LEFT SEMI JOIN .." that leaves the rows of the changed keys. */
static const char *only_changed(struct look *l, const char *const *columns, size_t count)
{
    struct buf join CLEANUP(buf_free);
    buf_init(&join, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < count; i++)
        buf_printf(&join, "%st.%s <=> c.%s", i ? " AND " : "", sql_backtick(l->arena, columns[i]), sql_backtick(l->arena, columns[i]));
    return arena_printf(l->arena, "LEFT SEMI JOIN incoming.%s AS c ON %s", keys_name(l->arena, l->object), join.data);
}

/* A question is first put to the changed rows, when that is enough; what they show, and what is open, is counted in full. */
typedef const char *question_fn(struct look *l, const void *about, bool whole);

static int answer(struct look *l, question_fn *question, const void *about, bool whole, struct found *ret, struct error *err)
{
    int rc = ask(l, question(l, about, whole), ret, err);
    return rc || whole || !ret->keys ? rc : ask(l, question(l, about, true), ret, err);
}

static int note(struct look *l, struct build_finding *f, bool found, bool whole, struct error *err)
{
    f->table = l->object->name;
    if (found)
        return build_finding_put(l->b, f, err);
    return whole ? build_finding_close(l->b, f->kind, f, err) : 0;
}

/* ---- primary key ------------------------------------------------------------------------------------------------ */

static const char *ask_surplus(struct look *l, const void *about, bool whole)
{
    const struct sql_key *k = about;
    const char *const *columns = k->columns;
    bool alone = !whole && map_get(&l->b->keyed, build_key(l->arena, l->object)) == keys_new; /* no other row can have such a key */
    const char *rows = alone ? arena_printf(l->arena, "incoming.%s", keys_name(l->arena, l->object)) : table_text(l);
    return TEMPLATE(l->arena, build_sql_surplus_keys, {"table", rows},
                    {"columns", columns_text(l->arena, columns, k->column_count, "t.", "", ", ")},
                    {"example", example_text(l->arena, columns, k->column_count, "t")},
                    {"restrict", whole || alone ? "" : only_changed(l, columns, k->column_count)});
}

static int find_duplicates(struct look *l, struct error *err)
{
    const struct sql_key *k = sql_primary_key(l->object->table);
    struct build_finding f = {.kind = "duplicate_key"};
    struct found found;
    if (!k || !l->self)
        return 0;
    f.subject = plain_list(l->arena, k->columns, k->column_count);
    bool whole = !l->keyed || is_open(l, f.kind, f.subject);
    int rc = answer(l, ask_surplus, k, whole, &found, err);
    if (rc)
        return rc;
    snprintf(f.text, sizeof(f.text), "%lld keys (%s) of %s stand in %lld rows, e.g. %.200s; a key must be unique", (long long)found.keys,
             f.subject, l->object->name, (long long)found.rows, found.example);
    return note(l, &f, found.keys > 0, whole, err);
}

/* ---- foreign keys ----------------------------------------------------------------------------------------------- */

struct foreign {
    const struct sql_key *key;
    const struct pack_object *target;
    const char *const *there;
};

/* A key with a null in it refers to nothing and is fine. */
static const char *ask_orphans(struct look *l, const void *about, bool whole)
{
    const struct foreign *f = about;
    const char *const *columns = f->key->columns;
    size_t count = f->key->column_count;
    struct arena *a = l->arena;
    struct buf join CLEANUP(buf_free);
    buf_init(&join, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < count; i++)
        buf_printf(&join, "%sf.%s = d.%s", i ? " AND " : "", sql_backtick(a, columns[i]), sql_backtick(a, f->there[i]));
    const char *rows = whole ? table_text(l) : arena_printf(a, "incoming.%s", keys_name(a, l->object));
    return TEMPLATE(a, build_sql_orphans, {"example", example_text(a, columns, count, "f")},
                    {"columns", columns_text(a, columns, count, "t.", "", ", ")}, {"table", rows},
                    {"not_null", columns_text(a, columns, count, "t.", " IS NOT NULL", " AND ")},
                    {"target", arena_printf(a, "%s.%s", f->target->schema, f->target->name)}, {"join", join.data});
}

static const struct pack_object *target_of(const struct look *l, const struct sql_key *k)
{
    if (k->primary || k->target.count < 1)
        return NULL;
    return pack_find(l->b->ctx->catalogue, k->target.count > 1 ? k->target.parts[k->target.count - 2] : l->object->schema,
                     k->target.parts[k->target.count - 1]);
}

static int find_orphans(struct look *l, const struct sql_key *k, struct error *err)
{
    struct foreign about = {.key = k, .target = target_of(l, k)};
    struct build_finding f = {.kind = "orphan_rows"};
    struct found found;
    if (!about.target)
        return 0;
    const struct sql_key *primary = sql_primary_key(about.target->table);
    about.there = k->target_column_count ? k->target_columns : primary ? primary->columns : NULL;
    if (!about.there || (!k->target_column_count && primary->column_count != k->column_count))
        return 0;
    const char *columns = plain_list(l->arena, k->columns, k->column_count);
    f.subject = arena_printf(l->arena, "(%s) -> %s", columns, about.target->name);
    bool target = changed(l, about.target), open = is_open(l, f.kind, f.subject);
    bool lost = target && !map_has(&l->b->keyed, build_key(l->arena, about.target)); /* rows of the target may be gone */
    if (!l->self && !lost && !(target && open))
        return 0;
    bool whole = !l->keyed || open || lost;
    int rc = answer(l, ask_orphans, &about, whole, &found, err);
    if (rc)
        return rc;
    snprintf(f.text, sizeof(f.text), "%lld rows of %s have values of (%s) that are not in %s, %lld values, e.g. %.200s",
             (long long)found.rows, l->object->name, columns, about.target->name, (long long)found.keys, found.example);
    return note(l, &f, found.keys > 0, whole, err);
}

/* ---- periods ---------------------------------------------------------------------------------------------------- */

static const char *ask_overlaps(struct look *l, const void *about, bool whole)
{
    const struct pack_periods *p = about;
    const char *const *keys = p->keys;
    struct arena *a = l->arena;
    return TEMPLATE(a, build_sql_overlaps, {"table", table_text(l)}, {"keys", columns_text(a, keys, p->key_count, "t.", "", ", ")},
                    {"example", example_text(a, keys, p->key_count, "t")}, {"start", sql_backtick(a, p->start)},
                    {"end", sql_backtick(a, p->end)}, {"restrict", whole ? "" : only_changed(l, keys, p->key_count)});
}

static int find_overlaps(struct look *l, struct error *err)
{
    const struct pack_periods *p = &l->object->periods;
    struct build_finding f = {.kind = "overlapping_periods"};
    struct found found;
    if (!p->key_count || !l->self)
        return 0;
    f.subject = plain_list(l->arena, p->keys, p->key_count);
    bool whole = !l->keyed || is_open(l, f.kind, f.subject);
    int rc = answer(l, ask_overlaps, p, whole, &found, err);
    if (rc)
        return rc;
    snprintf(f.text, sizeof(f.text), "%lld rows of %s begin before an earlier row of the same (%s) has ended, %lld values, e.g. %.200s",
             (long long)found.rows, l->object->name, f.subject, (long long)found.keys, found.example);
    return note(l, &f, found.keys > 0, whole, err);
}

int build_keys_check(struct build *b, const struct build_keys *k, const struct pack_object *o, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct look l = {.b = b, .object = o, .arena = a, .keys = k};
    l.self = changed(&l, o) || b->options->full;
    l.keyed = !b->options->full && map_has(&b->keyed, build_key(a, o));
    int rc = find_duplicates(&l, err);
    for (size_t i = 0; i < o->table->key_count && !rc; i++)
        rc = find_orphans(&l, &o->table->keys[i], err);
    return rc ? rc : find_overlaps(&l, err);
}
