#include <inttypes.h>
#include <stdlib.h>

#include "server/private.h"

#define CACHE_NS INT64_C(5000000000) /* results of datasets are kept so long */
#define CACHE_BYTES (8u << 20)       /* larger ones are not kept */
#define MAX_VALUES 1000              /* of one parameter */

static const struct pack_dashboard *find_dashboard(struct request *rq, struct error *err)
{
    const struct pack_catalogue *c = rq->owner->core.catalogue;
    const char *name = arg_text(rq, "name");
    const char **names = arena_alloc(rq->arena, (c->dashboard_count + 1) * sizeof(*names));
    for (size_t i = 0; i < c->dashboard_count; i++) {
        names[i] = c->dashboards[i].name;
        if (str_eq(names[i], name))
            return &c->dashboards[i];
    }
    error_set(err, ERROR_NOT_FOUND, "there is no dashboard '%.200s'", name);
    error_hint_near(err, nearest_name(name, names, c->dashboard_count), "GET /api/v1/dashboards lists all");
    return NULL;
}

int handle_dashboards(struct request *rq, struct error *err)
{
    const struct pack_catalogue *c = rq->owner->core.catalogue;
    (void)err;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL), *list = server_put_array(d, root, "dashboards");
    for (size_t i = 0; i < c->dashboard_count; i++) {
        yyjson_mut_val *o = server_put_object(d, list, NULL);
        server_put_text(d, o, "name", c->dashboards[i].name);
        server_put_text(d, o, "title", c->dashboards[i].title);
        server_put_text(d, o, "pack", c->dashboards[i].pack);
    }
    yyjson_mut_obj_add_uint(d, root, "count", c->dashboard_count);
    reply_json(rq, 200, d);
    return 0;
}

int handle_dashboard(struct request *rq, struct error *err)
{
    const struct pack_dashboard *b = find_dashboard(rq, err);
    if (!b)
        return err->kind;
    rq->status = 200;
    rq->type = "application/json";
    buf_add(&rq->out, b->json, b->len);
    return 0;
}

/* ---- values of parameters --------------------------------------------------------------------------------------- */

struct binding { /* what is to be given to the statement */
    struct request *rq;
    const struct pack_dashboard *dashboard;
    VEC(struct engine_param) params;
    struct map multi; /* keyword -> number of values + 1, as integer in the pointer; for those with several values */
    struct map range; /* keyword -> anything */
};

static int bad_value(const char *keyword, struct error *err, const char *text, const char *what)
{
    error_set(err, ERROR_INVALID, "parameters.%.64s: '%.64s' %s", keyword, text, what);
    error_where(err, "body parameter parameters.%.64s", keyword);
    return ERROR_INVALID;
}

/* First day of a unit that holds the day of us; s, m, h cut to that. */
static int64_t round_down(int64_t us, char unit)
{
    static const int64_t day = INT64_C(86400000000);
    int64_t size = unit == 's' ? 1000000 : unit == 'm' ? 60000000 : unit == 'h' ? INT64_C(3600000000) : day;
    int64_t down = us - ((us % size) + size) % size;
    char text[40];
    if (unit == 'w') /* 1970-01-01 was a Thursday; weeks begin on Monday */
        return down - (((down / day + 3) % 7) + 7) % 7 * day;
    if (unit != 'M' && unit != 'y')
        return down;
    time_format_us(down, text);
    memcpy(text + (unit == 'M' ? 8 : 5), unit == 'M' ? "01" : "01-01", unit == 'M' ? 2 : 5);
    text[10] = '\0';
    return time_parse_us(text, &down) == 0 ? down : us;
}

/* Adds months and keeps the day where the month has it, else its last day. */
static int64_t add_months(int64_t us, int64_t months)
{
    static const int64_t day = INT64_C(86400000000);
    int64_t first = round_down(us, 'M'), in_month = us - first;
    for (int64_t n = months; n > 0; n--)
        first = round_down(first + 31 * day, 'M');
    for (int64_t n = months; n < 0; n++)
        first = round_down(first - day, 'M');
    int64_t next = round_down(first + 31 * day, 'M');
    while (in_month >= next - first)
        in_month -= day;
    return first + in_month;
}

/* "now", "now-7d", "now/d", "now-1M/M": the relative times of Databricks AI/BI. */
static bool relative_time(const char *text, int64_t *ret)
{
    if (!str_starts(text, "now"))
        return false;
    const char *p = text + 3;
    int64_t us = clock_now_us();
    if (*p == '-' || *p == '+') {
        char *end;
        long n = strtol(p + 1, &end, 10);
        if (end == p + 1 || n < 0 || n > 100000 || !*end || !strchr("smhdwMy", *end))
            return false;
        int64_t signed_n = *p == '-' ? -(int64_t)n : (int64_t)n, seconds = *end == 's'   ? 1
                                                                           : *end == 'm' ? 60
                                                                           : *end == 'h' ? 3600
                                                                           : *end == 'd' ? 86400
                                                                                         : 604800;
        if ((*end == 'M' || *end == 'y') && n > 2400)
            return false;
        us = *end == 'M' ? add_months(us, signed_n) : *end == 'y' ? add_months(us, 12 * signed_n) : us + signed_n * seconds * 1000000;
        p = end + 1;
    }
    if (*p == '/' && p[1] && !p[2] && strchr("smhdwMy", p[1])) {
        us = round_down(us, p[1]);
        p += 2;
    }
    *ret = us;
    return !*p;
}

static bool is_type(const char *type, const char *wanted) { return type && str_ieq(type, wanted); }

static int time_value(const char *keyword, const char *type, const char *text, struct engine_value *ret, struct error *err)
{
    int64_t us;
    if (!relative_time(text, &us) && time_parse_us(text, &us) != 0)
        return bad_value(keyword, err, text, "is not a time like 2026-11-21, 2026-11-21T08:00:00Z or now-7d/d");
    if (is_type(type, "DATE"))
        *ret = (struct engine_value){.type = ENGINE_DATE, .i = round_down(us, 'd') / INT64_C(86400000000)};
    else
        *ret = (struct engine_value){.type = ENGINE_TIMESTAMP, .i = us};
    return 0;
}

/* A value in the declared type of its parameter. */
static int value_of(struct arena *a, const char *keyword, const char *type, yyjson_val *v, struct engine_value *ret, struct error *err)
{
    const char *text = yyjson_is_str(v) ? yyjson_get_str(v) : NULL;
    if (yyjson_is_obj(v))
        return value_of(a, keyword, type, yyjson_obj_get(v, "value"), ret, err);
    if (!v || yyjson_is_null(v)) {
        *ret = (struct engine_value){.type = ENGINE_NULL};
        return 0;
    }
    if (yyjson_is_arr(v) || (text && strlen(text) != yyjson_get_len(v)))
        return bad_value(keyword, err, "the value", "is not a single value");
    if (is_type(type, "DATE") || is_type(type, "DATETIME") || is_type(type, "TIMESTAMP"))
        return text ? time_value(keyword, type, text, ret, err) : bad_value(keyword, err, "the value", "is not a text");
    if (is_type(type, "INTEGER") || is_type(type, "DECIMAL") || is_type(type, "NUMBER") || is_type(type, "DOUBLE")) {
        double f = 0;
        if (yyjson_is_int(v) || (text && str_to_i64(text, &ret->i) == 0))
            *ret = (struct engine_value){.type = ENGINE_I64, .i = text ? ret->i : yyjson_get_sint(v)};
        else if (!is_type(type, "INTEGER") && (yyjson_is_num(v) || (text && str_to_f64(text, &f) == 0)))
            *ret = (struct engine_value){.type = ENGINE_F64, .f = text ? f : yyjson_get_num(v)};
        else
            return bad_value(keyword, err, text ? text : "the value", "is not a number of the declared type");
        return 0;
    }
    if (text)
        *ret = (struct engine_value){.type = ENGINE_TEXT, .text = text};
    else if (yyjson_is_bool(v))
        *ret = is_type(type, "BOOLEAN") ? (struct engine_value){.type = ENGINE_BOOL, .b = yyjson_get_bool(v)}
                                        : (struct engine_value){.type = ENGINE_TEXT, .text = yyjson_get_bool(v) ? "true" : "false"};
    else if (yyjson_is_int(v))
        *ret = (struct engine_value){.type = ENGINE_TEXT, .text = arena_printf(a, "%" PRId64, yyjson_get_sint(v))};
    else
        *ret = (struct engine_value){.type = ENGINE_TEXT, .text = arena_printf(a, "%.17g", yyjson_get_num(v))};
    return 0;
}

static int add_value(struct binding *b, const char *name, const char *keyword, const char *type, yyjson_val *v, struct error *err)
{
    struct engine_param param = {.name = name};
    int rc = value_of(b->rq->arena, keyword, type, v, &param.value, err);
    if (!rc)
        *VEC_ADD(&b->params) = param;
    return rc;
}

static int add_range(struct binding *b, const char *keyword, const char *type, yyjson_val *v, struct error *err)
{
    struct arena *a = b->rq->arena;
    map_set(&b->range, keyword, b);
    int rc = add_value(b, arena_printf(a, "%s__min", keyword), keyword, type, yyjson_obj_get(v, "min"), err);
    return rc ? rc : add_value(b, arena_printf(a, "%s__max", keyword), keyword, type, yyjson_obj_get(v, "max"), err);
}

static int add_list(struct binding *b, const char *keyword, const char *type, yyjson_val *list, bool multi, struct error *err)
{
    size_t i, n, count = yyjson_arr_size(list);
    yyjson_val *v;
    if (!yyjson_is_arr(list) || count > MAX_VALUES)
        return bad_value(keyword, err, "values", "is not a list of at most 1000 values");
    if (!multi)
        return add_value(b, keyword, keyword, type, yyjson_arr_get_first(list), err);
    map_set(&b->multi, keyword, (void *)(uintptr_t)(count + 1));
    yyjson_arr_foreach(list, i, n, v)
    {
        int rc = add_value(b, arena_printf(b->rq->arena, "%s__%zu", keyword, i), keyword, type, v, err);
        if (rc)
            return rc;
    }
    return 0;
}

/* One declared parameter with the value that was sent, else its default. */
static int add_parameter(struct binding *b, yyjson_val *declared, yyjson_val *sent, struct error *err)
{
    const char *keyword = yyjson_get_str(yyjson_obj_get(declared, "keyword")), *type = yyjson_get_str(yyjson_obj_get(declared, "dataType"));
    const char *complex = yyjson_get_str(yyjson_obj_get(declared, "complexType"));
    if (!keyword || !*keyword) {
        error_set(err, ERROR_USAGE, "a parameter of the dataset has no keyword");
        error_where(err, "%s", b->dashboard->file);
        return ERROR_USAGE;
    }
    yyjson_val *fallback = yyjson_obj_get(declared, "defaultSelection"), *given = yyjson_obj_get(sent, keyword),
               *v = given && !yyjson_is_null(given) ? given : fallback;
    bool multi = is_type(complex, "MULTI"), range = is_type(complex, "RANGE") || yyjson_obj_get(fallback, "range");
    yyjson_val *wrapped = yyjson_obj_get(v, range ? "range" : "values");
    if (range)
        return add_range(b, keyword, type, wrapped ? wrapped : v, err);
    if (yyjson_is_obj(wrapped)) /* the default has {"dataType", "values": [..]} once more */
        wrapped = yyjson_obj_get(wrapped, "values");
    if (wrapped)
        return add_list(b, keyword, type, wrapped, multi, err);
    if (yyjson_is_arr(v))
        return add_list(b, keyword, type, v, multi, err);
    if (multi && v && !yyjson_is_null(v)) {
        map_set(&b->multi, keyword, (void *)(uintptr_t)2);
        return add_value(b, arena_printf(b->rq->arena, "%s__0", keyword), keyword, type, v, err);
    }
    return add_value(b, keyword, keyword, type, v, err);
}

static int check_sent(yyjson_val *declared, yyjson_val *sent, struct arena *a, struct error *err)
{
    size_t i, n, j, m, count = 0;
    yyjson_val *key, *v, *p;
    const char **names = arena_alloc(a, (yyjson_arr_size(declared) + 1) * sizeof(*names));
    yyjson_arr_foreach(declared, j, m, p)
    {
        const char *keyword = yyjson_get_str(yyjson_obj_get(p, "keyword"));
        if (keyword)
            names[count++] = keyword;
    }
    yyjson_obj_foreach(sent, i, n, key, v)
    {
        const char *name = yyjson_get_str(key);
        bool known = false;
        for (size_t k = 0; k < count; k++)
            known = known || str_eq(names[k], name);
        if (known)
            continue;
        bad_value(name, err, name, "is no parameter of this dataset");
        const char *near = nearest_name(name, names, count);
        if (near)
            error_hint(err, "did you mean %s?", near);
        return ERROR_INVALID;
    }
    return 0;
}

/* ---- the statement -------------------------------------------------------------------------------------------------- */

static const char *query_text(struct arena *a, yyjson_val *dataset)
{
    yyjson_val *query = yyjson_obj_get(dataset, "query"), *lines = yyjson_obj_get(dataset, "queryLines"), *line;
    size_t i, n;
    if (yyjson_is_str(query))
        return yyjson_get_str(query);
    if (!yyjson_is_arr(lines))
        return NULL;
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_SQL_BYTES);
    yyjson_arr_foreach(lines, i, n, line)
    {
        if (yyjson_is_str(line))
            buf_add(&b, yyjson_get_str(line), yyjson_get_len(line));
    }
    return b.overflow ? NULL : arena_strdup(a, b.data ? b.data : "");
}

static bool is_op(const char *sql, const struct sql_token *t, char op)
{
    return t->kind == SQL_TOKEN_OP && t->len == 1 && sql[t->offset] == op;
}

/* Names of values that one keyword stands for: `:k` with several values is ARRAY(:k__0, ..), `:k.min` is :k__min. Everything stays a
 * parameter; no value gets into the text. *ret_next is the token to go on with. */
static void put_parameter(struct buf *out, const struct binding *b, const char *sql, const struct sql_token *tokens, size_t at,
                          size_t *ret_next)
{
    const struct sql_token *t = &tokens[at];
    char *keyword = arena_strndup(b->rq->arena, sql + t->offset + 1, t->len - 1);
    char *dot = strchr(keyword, '.');
    uintptr_t values = (uintptr_t)map_get(&b->multi, keyword);
    *ret_next = at + 1;
    if (dot && (str_ieq(dot, ".min") || str_ieq(dot, ".max"))) {
        buf_printf(out, ":%.*s__%s", (int)(dot - keyword), keyword, str_ieq(dot, ".min") ? "min" : "max");
    } else if (map_has(&b->range, keyword) && is_op(sql, &tokens[at + 1], '.') && tokens[at + 2].kind == SQL_TOKEN_WORD) {
        const struct sql_token *end = &tokens[at + 2];
        buf_printf(out, ":%s__%.*s", keyword, (int)end->len, sql + end->offset);
        *ret_next = at + 3;
    } else if (values) {
        buf_puts(out, "ARRAY(");
        for (uintptr_t i = 0; i + 1 < values; i++)
            buf_printf(out, "%s:%s__%zu", i ? ", " : "", keyword, (size_t)i);
        buf_puts(out, ")");
    } else {
        buf_printf(out, ":%s", keyword);
    }
}

static int bind_text(struct binding *b, const char *sql, const char **ret, struct error *err)
{
    struct sql_token *tokens;
    size_t count, copied = 0;
    int rc = sql_lex(b->rq->arena, sql, strlen(sql), 1, &tokens, &count, err);
    if (rc)
        return rc;
    struct buf out CLEANUP(buf_free);
    buf_init(&out, LIMIT_SQL_BYTES);
    for (size_t i = 0; tokens[i].kind != SQL_TOKEN_END;) {
        if (tokens[i].kind != SQL_TOKEN_PARAM) {
            i++;
            continue;
        }
        buf_add(&out, sql + copied, tokens[i].offset - copied);
        put_parameter(&out, b, sql, tokens, i, &i);
        copied = tokens[i - 1].offset + tokens[i - 1].len;
    }
    buf_puts(&out, sql + copied);
    if (out.overflow)
        return error_set(err, ERROR_LIMIT, "the dataset's statement is too long");
    *ret = arena_strdup(b->rq->arena, out.data ? out.data : "");
    return 0;
}

/* Values that the statement does not name are left out: the engine refuses unknown ones. */
static void keep_used(struct binding *b, const char *sql)
{
    struct sql_token *tokens;
    size_t count, kept = 0;
    struct error ignored;
    if (sql_lex(b->rq->arena, sql, strlen(sql), 1, &tokens, &count, &ignored) != 0)
        return;
    for (size_t i = 0; i < b->params.len; i++) {
        bool used = false;
        size_t len = strlen(b->params.items[i].name);
        for (size_t t = 0; tokens[t].kind != SQL_TOKEN_END && !used; t++)
            used = tokens[t].kind == SQL_TOKEN_PARAM && tokens[t].len == len + 1 &&
                   strncasecmp(sql + tokens[t].offset + 1, b->params.items[i].name, len) == 0;
        if (used)
            b->params.items[kept++] = b->params.items[i];
    }
    b->params.len = kept;
}

/* ---- the route ------------------------------------------------------------------------------------------------------------ */

static yyjson_val *find_dataset(const struct pack_dashboard *b, yyjson_doc *doc, const char *name, struct arena *a, struct error *err)
{
    yyjson_val *list = yyjson_obj_get(yyjson_doc_get_root(doc), "datasets"), *v;
    const char **names = arena_alloc(a, (yyjson_arr_size(list) + 1) * sizeof(*names));
    size_t i, n, count = 0;
    yyjson_arr_foreach(list, i, n, v)
    {
        const char *dataset = yyjson_get_str(yyjson_obj_get(v, "name"));
        if (str_eq(dataset, name))
            return v;
        if (dataset)
            names[count++] = dataset;
    }
    error_set(err, ERROR_NOT_FOUND, "the dashboard '%s' has no dataset '%.200s'", b->name, name);
    error_hint_near(err, nearest_name(name, names, count), NULL);
    return NULL;
}

struct freshness { /* what the statement reads, and how fresh it is */
    int64_t fresh_us;
    bool known;
};

/* A result is as fresh as the stalest table that it reads. */
static int find_freshness(struct request *rq, const char *sql, struct freshness *ret, struct error *err)
{
    struct sql_references *refs;
    struct semantic_table *tables;
    size_t count;
    struct pack_names names = {.catalogue = rq->owner->core.catalogue, .config = rq->owner->core.config};
    int rc = sql_references(rq->arena, sql, strlen(sql), 1, &refs, err);
    if (!rc)
        rc = semantic_tables(rq->owner->core.semantic, &rq->principal, rq->arena, &tables, &count, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < refs->read_count; i++) {
        const char *schema, *table;
        struct error ignored;
        if (pack_resolve(&names, &refs->reads[i].name, rq->arena, &schema, &table, &ignored) != 0)
            continue;
        for (size_t t = 0; t < count; t++) {
            if (!str_eq(tables[t].schema, schema) || !str_eq(tables[t].name, table) || !tables[t].fresh_us)
                continue;
            if (!ret->known || tables[t].fresh_us < ret->fresh_us)
                ret->fresh_us = tables[t].fresh_us;
            ret->known = true;
        }
    }
    return 0;
}

static int keep(void *context, const void *data, size_t len)
{
    struct buf *b = context;
    buf_add(b, data, len);
    return b->overflow;
}

static int compute(struct request *rq, const char *file, const char *shown, const char *sql, const struct binding *b, struct buf *out,
                   struct error *err)
{
    struct freshness fresh = {0};
    char at[40];
    struct semantic_request q = {.sql = sql, .file = file, .params = b->params.items, .param_count = b->params.len};
    struct semantic_result *result;
    int rc = semantic_query(rq->owner->core.semantic, &rq->principal, &q, &rq->cancel, &result, err);
    if (rc) {
        error_add_where(err, "%s: dataset %s", file, arg_text(rq, "dataset"));
        return rc;
    }
    struct buf members CLEANUP(buf_free);
    buf_init(&members, 2 * LIMIT_SQL_BYTES);
    rc = find_freshness(rq, sql, &fresh, err);
    buf_puts(&members, "\"dataset\":");
    buf_put_json(&members, arg_text(rq, "dataset"));
    buf_puts(&members, ",\"sql\":");
    buf_put_json(&members, shown);
    if (fresh.known)
        buf_printf(&members, ",\"fresh_at\":\"%s\"", time_format_us(fresh.fresh_us, at));
    else
        buf_puts(&members, ",\"fresh_at\":null");
    if (!rc)
        rc = semantic_write_envelope(result, members.data, keep, out, err);
    semantic_result_free(result);
    return out->overflow ? error_set(err, ERROR_LIMIT, "the dataset's result is larger than %zu bytes", out->max) : rc;
}

static void put_key(struct buf *key, struct request *rq, const struct binding *b)
{
    /* The asker is part of it: statements and views may ask who reads them, and what a role may read differs. */
    buf_printf(key, "%" PRId64 "/%s/%s/%d/", semantic_version(rq->owner->core.semantic), rq->principal.tenant ? rq->principal.tenant : "",
               rq->principal.user, (int)rq->principal.role);
    buf_printf(key, "%s/%s/", arg_text(rq, "name"), arg_text(rq, "dataset"));
    for (size_t i = 0; i < b->params.len; i++) {
        const struct engine_value *v = &b->params.items[i].value;
        buf_printf(key, "%s=%d:", b->params.items[i].name, (int)v->type);
        if (v->type == ENGINE_TEXT)
            buf_put_json(key, v->text);
        else if (v->type == ENGINE_F64)
            buf_printf(key, "%a", v->f);
        else if (v->type != ENGINE_NULL)
            buf_printf(key, "%" PRId64, v->type == ENGINE_BOOL ? (int64_t)v->b : v->i);
        buf_putc(key, ';');
    }
}

static int answer(struct request *rq, const struct pack_dashboard *dashboard, const char *shown, const char *sql, const struct binding *b,
                  struct error *err)
{
    struct result_cache *cache = rq->owner->cache;
    struct buf key CLEANUP(buf_free), out CLEANUP(buf_free);
    buf_init(&key, 8u << 20);
    buf_init(&out, LIMIT_JSON_BYTES);
    put_key(&key, rq, b);
    if (key.overflow)
        return error_set(err, ERROR_LIMIT, "the parameters are too long");
    struct cached *hit = cache_get(cache, key.data, &rq->cancel);
    int rc = 0;
    if (!hit) {
        rc = compute(rq, dashboard->file, shown, sql, b, &out, err);
        if (rc || out.len > CACHE_BYTES)
            cache_fail(cache, key.data);
        else
            hit = cache_put(cache, key.data, out.data, out.len, CACHE_NS);
        reply_header(rq, "X-Cache", "MISS");
    } else {
        reply_header(rq, "X-Cache", "HIT");
    }
    if (!rc) {
        rq->status = 200;
        rq->type = "application/json";
        if (reply_put(rq, hit ? hit->data : out.data, hit ? hit->len : out.len) != 0)
            rc = error_set(err, ERROR_INTERRUPTED, "the client has gone");
    }
    cached_release(hit);
    return rc;
}

int handle_dataset(struct request *rq, struct error *err)
{
    const struct pack_dashboard *dashboard = find_dashboard(rq, err);
    if (!dashboard)
        return err->kind;
    yyjson_doc *doc = yyjson_read(dashboard->json, dashboard->len, 0);
    yyjson_val *dataset = find_dataset(dashboard, doc, arg_text(rq, "dataset"), rq->arena, err);
    struct binding b = {.rq = rq, .dashboard = dashboard};
    const char *sql = dataset ? query_text(rq->arena, dataset) : NULL, *bound = NULL;
    int rc = dataset ? 0 : (int)err->kind;
    if (!rc && !sql) {
        rc = error_set(err, ERROR_USAGE, "the dataset has no query");
        error_where(err, "%s", dashboard->file);
    }
    yyjson_val *declared = yyjson_obj_get(dataset, "parameters"), *sent = arg_json(rq, "parameters"), *p;
    size_t i, n;
    if (!rc)
        rc = check_sent(declared, sent, rq->arena, err);
    yyjson_arr_foreach(declared, i, n, p)
    {
        if (!rc)
            rc = add_parameter(&b, p, sent, err);
    }
    if (!rc)
        rc = bind_text(&b, sql, &bound, err);
    if (!rc) {
        keep_used(&b, bound);
        rc = answer(rq, dashboard, sql, bound, &b, err);
    }
    VEC_FREE(&b.params);
    map_free(&b.multi);
    map_free(&b.range);
    yyjson_doc_free(doc);
    return rc;
}
