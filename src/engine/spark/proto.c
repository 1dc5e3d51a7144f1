#include "engine/spark/proto.h"

#define TYPE_DEPTH 100 /* of nested types */

/* ---- writing ------------------------------------------------------------------------------------------------ */

static size_t varint(uint64_t value, char ret[10])
{
    size_t n = 0;
    do {
        ret[n] = (char)(value & 0x7f);
        value >>= 7;
        if (value)
            ret[n] = (char)(ret[n] | 0x80);
        n++;
    } while (value);
    return n;
}

static void put_varint(struct buf *b, uint64_t value)
{
    char bytes[10];
    buf_add(b, bytes, varint(value, bytes));
}

static void put_tag(struct buf *b, unsigned field, enum proto_wire wire) { put_varint(b, (uint64_t)field << 3 | wire); }

void proto_put_number(struct buf *b, unsigned field, uint64_t value)
{
    put_tag(b, field, PROTO_VARINT);
    put_varint(b, value);
}

void proto_put_double(struct buf *b, unsigned field, double value)
{
    uint64_t bits;
    char bytes[8];
    memcpy(&bits, &value, sizeof(bits));
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(bits >> (8 * i) & 0xff);
    put_tag(b, field, PROTO_FIXED64);
    buf_add(b, bytes, sizeof(bytes));
}

void proto_put_bytes(struct buf *b, unsigned field, const void *data, size_t len)
{
    put_tag(b, field, PROTO_BYTES);
    put_varint(b, len);
    buf_add(b, data, len);
}

void proto_put_text(struct buf *b, unsigned field, const char *text)
{
    if (text)
        proto_put_bytes(b, field, text, strlen(text));
}

size_t proto_open(struct buf *b, unsigned field)
{
    put_tag(b, field, PROTO_BYTES);
    return b->len;
}

void proto_close(struct buf *b, size_t opened)
{
    char bytes[10];
    if (b->overflow)
        return;
    size_t len = b->len - opened, n = varint(len, bytes);
    buf_add(b, bytes, n);
    if (b->overflow)
        return;
    memmove(b->data + opened + n, b->data + opened, len);
    memcpy(b->data + opened, bytes, n);
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

static bool get_varint(struct proto *p, uint64_t *ret)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && p->at < p->end; shift += 7) {
        uint64_t byte = (unsigned char)*p->at++;
        if (shift == 63 && byte > 1)
            break;
        value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *ret = value;
            return true;
        }
    }
    p->damaged = true;
    return false;
}

static bool get_fixed(struct proto *p, int bytes, uint64_t *ret)
{
    *ret = 0;
    if (p->end - p->at < bytes) {
        p->damaged = true;
        return false;
    }
    for (int i = 0; i < bytes; i++)
        *ret |= (uint64_t)(unsigned char)p->at[i] << (8 * i);
    p->at += bytes;
    return true;
}

static bool get_bytes(struct proto *p, struct proto_field *f)
{
    uint64_t len;
    if (!get_varint(p, &len))
        return false;
    if (len > (uint64_t)(p->end - p->at)) {
        p->damaged = true;
        return false;
    }
    f->data = p->at;
    f->len = (size_t)len;
    p->at += len;
    return true;
}

bool proto_next(struct proto *p, struct proto_field *ret)
{
    uint64_t tag;
    struct proto_field f = {0};
    if (p->damaged || p->at >= p->end || !get_varint(p, &tag))
        return false;
    f.number = (unsigned)(tag >> 3);
    f.wire = (enum proto_wire)(tag & 7);
    bool good = false;
    if (tag >> 3 == 0 || tag >> 32)
        p->damaged = true;
    else if (f.wire == PROTO_VARINT)
        good = get_varint(p, &f.value);
    else if (f.wire == PROTO_FIXED64)
        good = get_fixed(p, 8, &f.value);
    else if (f.wire == PROTO_FIXED32)
        good = get_fixed(p, 4, &f.value);
    else if (f.wire == PROTO_BYTES)
        good = get_bytes(p, &f);
    else
        p->damaged = true; /* groups are not in proto3 */
    if (good)
        *ret = f;
    return good;
}

static struct proto reader(struct spark_text t) { return (struct proto){.at = t.data, .end = t.data + t.len}; }
static struct spark_text bytes_of(const struct proto_field *f) { return (struct spark_text){f->data, f->len}; }
static bool is(const struct proto_field *f, unsigned number, enum proto_wire wire) { return f->number == number && f->wire == wire; }
static int damaged(struct error *err) { return error_set(err, ERROR_ENGINE, "an answer of Spark cannot be read: its bytes are damaged"); }

/* ---- requests --------------------------------------------------------------------------------------------------- */

/* Fields 1 and 2 are the same in all requests. */
static void put_who(struct buf *b, const struct spark_who *who, unsigned client_type_field, unsigned server_session_field)
{
    proto_put_text(b, 1, who->session_id);
    size_t user = proto_open(b, 2);
    proto_put_text(b, 1, who->user_id);
    proto_put_text(b, 2, who->user_id);
    proto_close(b, user);
    proto_put_text(b, client_type_field, who->client_type);
    proto_put_text(b, server_session_field, who->server_session_id);
}

/* Expression.Literal. A null has to tell a type. */
static void put_literal(struct buf *b, const struct engine_value *v)
{
    size_t null;
    switch (v->type) {
    case ENGINE_NULL:
        null = proto_open(b, 1);
        proto_close(b, proto_open(b, 1));
        proto_close(b, null);
        break;
    case ENGINE_BOOL:
        proto_put_number(b, 3, v->b);
        break;
    case ENGINE_I64:
        proto_put_number(b, 7, (uint64_t)v->i);
        break;
    case ENGINE_F64:
        proto_put_double(b, 11, v->f);
        break;
    case ENGINE_TEXT:
    case ENGINE_OTHER:
        proto_put_text(b, 13, v->text);
        break;
    case ENGINE_DATE:
        proto_put_number(b, 16, (uint64_t)v->i);
        break;
    case ENGINE_TIMESTAMP:
        proto_put_number(b, 17, (uint64_t)v->i);
        break;
    }
}

/* Relation.sql */
static void put_sql(struct buf *b, const struct spark_plan *plan)
{
    size_t sql = proto_open(b, 10);
    proto_put_text(b, 1, plan->sql);
    for (size_t i = 0; i < plan->param_count; i++) {
        size_t argument = proto_open(b, 4); /* named_arguments: map of text to Expression */
        proto_put_text(b, 1, plan->params[i].name);
        size_t expression = proto_open(b, 2), literal = proto_open(b, 1);
        put_literal(b, &plan->params[i].value);
        proto_close(b, literal);
        proto_close(b, expression);
        proto_close(b, argument);
    }
    proto_close(b, sql);
}

/* Relation.local_relation as field `field` */
static void put_rows(struct buf *b, unsigned field, const struct spark_plan *plan)
{
    size_t relation = proto_open(b, field), local = proto_open(b, 11);
    proto_put_bytes(b, 1, plan->rows.data, plan->rows.len);
    proto_put_text(b, 2, plan->schema);
    proto_close(b, local);
    proto_close(b, relation);
}

static void put_write(struct buf *b, const struct spark_plan *plan)
{
    enum { APPEND_V1 = 2, APPEND_V2 = 4, SAVE_AS_TABLE = 1 };
    size_t command = proto_open(b, 2), write = proto_open(b, plan->kind == SPARK_APPEND ? 4 : 2);
    put_rows(b, 1, plan);
    if (plan->kind == SPARK_APPEND) { /* WriteOperationV2 */
        proto_put_text(b, 2, plan->table);
        proto_put_number(b, 7, APPEND_V2);
    } else { /* WriteOperation */
        proto_put_text(b, 2, plan->source);
        size_t table = proto_open(b, 4);
        proto_put_text(b, 1, plan->table);
        proto_put_number(b, 2, SAVE_AS_TABLE);
        proto_close(b, table);
        proto_put_number(b, 5, APPEND_V1);
    }
    proto_close(b, write);
    proto_close(b, command);
}

static void put_plan(struct buf *b, unsigned field, const struct spark_plan *plan)
{
    size_t opened = proto_open(b, field), command, sql, input;
    switch (plan->kind) {
    case SPARK_QUERY:
        input = proto_open(b, 1);
        put_sql(b, plan);
        proto_close(b, input);
        break;
    case SPARK_COMMAND: /* Plan.command.sql_command.input */
        command = proto_open(b, 2);
        sql = proto_open(b, 5);
        input = proto_open(b, 6);
        put_sql(b, plan);
        proto_close(b, input);
        proto_close(b, sql);
        proto_close(b, command);
        break;
    case SPARK_RELATION:
        proto_put_bytes(b, 1, plan->relation.data, plan->relation.len);
        break;
    case SPARK_APPEND:
    case SPARK_CREATE:
        put_write(b, plan);
        break;
    }
    proto_close(b, opened);
}

void spark_put_execute(struct buf *b, const struct spark_who *who, const char *operation_id, const struct spark_plan *plan)
{
    put_who(b, who, 4, 8);
    put_plan(b, 3, plan);
    size_t option = proto_open(b, 5), reattach = proto_open(b, 1);
    proto_put_number(b, 1, 1);
    proto_close(b, reattach);
    proto_close(b, option);
    proto_put_text(b, 6, operation_id);
}

void spark_put_reattach(struct buf *b, const struct spark_who *who, const char *operation_id, const char *last_response_id)
{
    put_who(b, who, 4, 6);
    proto_put_text(b, 3, operation_id);
    proto_put_text(b, 5, last_response_id);
}

void spark_put_release(struct buf *b, const struct spark_who *who, const char *operation_id)
{
    put_who(b, who, 4, 7);
    proto_put_text(b, 3, operation_id);
    proto_close(b, proto_open(b, 5));
}

void spark_put_interrupt(struct buf *b, const struct spark_who *who, const char *operation_id)
{
    enum { BY_OPERATION = 3 };
    put_who(b, who, 3, 7);
    proto_put_number(b, 4, BY_OPERATION);
    proto_put_text(b, 6, operation_id);
}

/* ReleaseSessionRequest has no place for what the server calls it. */
void spark_put_release_session(struct buf *b, const struct spark_who *who)
{
    const struct spark_who bare = {.session_id = who->session_id, .user_id = who->user_id, .client_type = who->client_type};
    put_who(b, &bare, 3, 0);
}

void spark_put_config(struct buf *b, const struct spark_who *who, const char *const (*pairs)[2], size_t count)
{
    put_who(b, who, 4, 8);
    size_t operation = proto_open(b, 3), set = proto_open(b, 1);
    for (size_t i = 0; i < count; i++) {
        size_t pair = proto_open(b, 1);
        proto_put_text(b, 1, pairs[i][0]);
        proto_put_text(b, 2, pairs[i][1]);
        proto_close(b, pair);
    }
    proto_close(b, set);
    proto_close(b, operation);
}

void spark_put_analyze_schema(struct buf *b, const struct spark_who *who, const struct spark_plan *query)
{
    put_who(b, who, 3, 17);
    size_t schema = proto_open(b, 4);
    put_plan(b, 1, query);
    proto_close(b, schema);
}

void spark_put_analyze_table(struct buf *b, const struct spark_who *who, const char *table)
{
    put_who(b, who, 3, 17);
    size_t schema = proto_open(b, 4), plan = proto_open(b, 1), relation = proto_open(b, 1), read = proto_open(b, 2),
           named = proto_open(b, 1);
    proto_put_text(b, 1, table);
    proto_close(b, named);
    proto_close(b, read);
    proto_close(b, relation);
    proto_close(b, plan);
    proto_close(b, schema);
}

void spark_put_analyze_version(struct buf *b, const struct spark_who *who)
{
    put_who(b, who, 3, 17);
    proto_close(b, proto_open(b, 10));
}

struct spark_text spark_text_copy(struct arena *a, struct spark_text t)
{
    char *copy = arena_alloc(a, t.len + 1);
    memcpy(copy, t.data, t.len);
    return (struct spark_text){copy, t.len};
}

/* ---- answers ------------------------------------------------------------------------------------------------------ */

/* The first field `number` of a message; data NULL: there is none. */
static bool find(struct spark_text message, unsigned number, struct spark_text *ret)
{
    struct proto p = reader(message);
    struct proto_field f;
    *ret = (struct spark_text){0};
    while (proto_next(&p, &f))
        if (is(&f, number, PROTO_BYTES) && !ret->data)
            *ret = bytes_of(&f);
    return !p.damaged;
}

static bool get_stage(struct spark_text stage, struct spark_response *r)
{
    struct proto p = reader(stage);
    struct proto_field f;
    while (proto_next(&p, &f)) {
        if (is(&f, 2, PROTO_VARINT) && f.value <= INT32_MAX)
            r->tasks += (int64_t)f.value;
        else if (is(&f, 3, PROTO_VARINT) && f.value <= INT32_MAX)
            r->tasks_done += (int64_t)f.value;
    }
    return !p.damaged;
}

static bool get_progress(struct spark_text progress, struct spark_response *r)
{
    struct proto p = reader(progress);
    struct proto_field f;
    bool good = true;
    r->progress = true;
    while (good && proto_next(&p, &f))
        if (is(&f, 1, PROTO_BYTES))
            good = get_stage(bytes_of(&f), r);
    return good && !p.damaged;
}

int spark_get_response(struct spark_text message, struct spark_response *ret, struct error *err)
{
    struct proto p = reader(message);
    struct proto_field f;
    struct spark_response r = {0};
    bool good = true;
    while (good && proto_next(&p, &f)) {
        if (f.wire != PROTO_BYTES)
            continue;
        if (f.number == 2)
            good = find(bytes_of(&f), 2, &r.batch);
        else if (f.number == 5)
            good = find(bytes_of(&f), 1, &r.relation);
        else if (f.number == 7)
            r.schema = bytes_of(&f);
        else if (f.number == 13)
            r.response_id = bytes_of(&f);
        else if (f.number == 14)
            r.complete = true;
        else if (f.number == 18)
            good = get_progress(bytes_of(&f), &r);
    }
    if (!good || p.damaged)
        return damaged(err);
    *ret = r;
    return 0;
}

int spark_get_server_session(struct spark_text message, struct arena *a, const char **ret, struct error *err)
{
    struct spark_text id;
    if (!find(message, 4, &id))
        return damaged(err);
    *ret = id.data ? arena_strndup(a, id.data, id.len) : NULL;
    return 0;
}

int spark_get_version(struct spark_text message, struct arena *a, const char **ret, struct error *err)
{
    struct spark_text answer, text = {0};
    if (!find(message, 8, &answer) || (answer.data && !find(answer, 1, &text)))
        return damaged(err);
    if (!text.data || !utf8_valid(text.data, text.len))
        return error_set(err, ERROR_ENGINE, "the server does not tell its version: it is no Spark Connect server");
    *ret = arena_strndup(a, text.data, text.len);
    return 0;
}

int spark_get_analyzed(struct spark_text message, struct spark_text *ret, struct error *err)
{
    struct spark_text answer, type = {0};
    if (!find(message, 2, &answer) || (answer.data && !find(answer, 1, &type)))
        return damaged(err);
    if (!type.data)
        return error_set(err, ERROR_ENGINE, "Spark did not tell the columns");
    *ret = type;
    return 0;
}

int spark_get_local_rows(struct spark_text relation, struct spark_text *ret, struct error *err)
{
    struct spark_text local, rows = {0};
    if (!find(relation, 11, &local) || (local.data && !find(local, 1, &rows)))
        return damaged(err);
    *ret = rows;
    return 0;
}

/* ---- types ---------------------------------------------------------------------------------------------------------- */

static bool put_type(struct buf *b, struct arena *a, struct spark_text type, int depth);

static bool put_decimal(struct buf *b, struct spark_text type)
{
    struct proto p = reader(type);
    struct proto_field f;
    int scale = 0, precision = 10;
    while (proto_next(&p, &f)) {
        if (is(&f, 1, PROTO_VARINT) && f.value <= 38)
            scale = (int)f.value;
        else if (is(&f, 2, PROTO_VARINT) && f.value <= 38)
            precision = (int)f.value;
    }
    buf_printf(b, "DECIMAL(%d,%d)", precision, scale);
    return !p.damaged;
}

static bool plain_name(const char *name)
{
    if (!*name || (*name >= '0' && *name <= '9'))
        return false;
    for (; *name; name++)
        if (!(*name == '_' || (*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z')))
            return false;
    return true;
}

struct field {
    const char *name;
    struct spark_text type;
    bool nullable;
};

static bool get_field(struct arena *a, struct spark_text field, struct field *ret)
{
    struct proto p = reader(field);
    struct proto_field f;
    *ret = (struct field){.name = ""};
    while (proto_next(&p, &f)) {
        if (is(&f, 1, PROTO_BYTES))
            ret->name = arena_strndup(a, f.data, f.len);
        else if (is(&f, 2, PROTO_BYTES))
            ret->type = bytes_of(&f);
        else if (is(&f, 3, PROTO_VARINT))
            ret->nullable = f.value != 0;
    }
    return !p.damaged && ret->type.data && utf8_valid(ret->name, strlen(ret->name));
}

static bool put_struct(struct buf *b, struct arena *a, struct spark_text type, int depth)
{
    struct proto p = reader(type);
    struct proto_field f;
    struct field x;
    bool good = true, first = true;
    buf_puts(b, "STRUCT<");
    while (good && proto_next(&p, &f)) {
        if (!is(&f, 1, PROTO_BYTES))
            continue;
        good = get_field(a, bytes_of(&f), &x);
        if (good) {
            buf_printf(b, "%s%s: ", first ? "" : ", ", plain_name(x.name) ? x.name : sql_backtick(a, x.name));
            good = put_type(b, a, x.type, depth + 1);
            first = false;
        }
    }
    buf_putc(b, '>');
    return good && !p.damaged;
}

static bool put_inner(struct buf *b, struct arena *a, struct spark_text type, bool map, int depth)
{
    struct spark_text first, second = {0};
    bool good = find(type, 1, &first) && (!map || find(type, 2, &second));
    if (!good || !first.data || (map && !second.data))
        return false;
    buf_puts(b, map ? "MAP<" : "ARRAY<");
    good = put_type(b, a, first, depth + 1);
    if (good && map) {
        buf_puts(b, ", ");
        good = put_type(b, a, second, depth + 1);
    }
    buf_putc(b, '>');
    return good;
}

static bool put_type(struct buf *b, struct arena *a, struct spark_text type, int depth)
{
    static const char *const names[] = {
        [1] = "VOID",
        [2] = "BINARY",
        [3] = "BOOLEAN",
        [4] = "TINYINT",
        [5] = "SMALLINT",
        [6] = "INT",
        [7] = "BIGINT",
        [8] = "FLOAT",
        [9] = "DOUBLE",
        [11] = "STRING",
        [12] = "STRING",
        [13] = "STRING",
        [14] = "DATE",
        [15] = "TIMESTAMP",
        [16] = "TIMESTAMP_NTZ",
        [17] = "INTERVAL",
        [18] = "INTERVAL YEAR TO MONTH",
        [19] = "INTERVAL DAY TO SECOND",
        [25] = "VARIANT",
        [28] = "TIME",
    };
    struct proto p = reader(type);
    struct proto_field f;
    if (depth > TYPE_DEPTH || !proto_next(&p, &f) || f.wire != PROTO_BYTES)
        return false;
    if (f.number == 10)
        return put_decimal(b, bytes_of(&f));
    if (f.number == 20 || f.number == 22)
        return put_inner(b, a, bytes_of(&f), f.number == 22, depth);
    if (f.number == 21)
        return put_struct(b, a, bytes_of(&f), depth);
    if (f.number >= ARRAY_LEN(names) || !names[f.number])
        return false;
    buf_puts(b, names[f.number]);
    return true;
}

static int put_column(struct arena *a, struct spark_text field, struct engine_column *ret, struct error *err)
{
    struct buf text CLEANUP(buf_free) = {0};
    struct field x;
    buf_init(&text, LIMIT_SQL_BYTES);
    if (!get_field(a, field, &x))
        return damaged(err);
    if (!put_type(&text, a, x.type, 0) || text.overflow)
        return error_set(err, ERROR_ENGINE, "column %s has a type of Spark that is not known here", x.name);
    *ret = (struct engine_column){.name = x.name, .type = arena_strdup(a, text.data), .nullable = x.nullable};
    return 0;
}

int spark_get_columns(struct spark_text type, struct arena *a, struct engine_column **ret, size_t *ret_count, struct error *err)
{
    VEC(struct engine_column) columns = {0};
    struct spark_text fields;
    struct proto_field f;
    int rc = find(type, 21, &fields) && fields.data ? 0 : damaged(err);
    struct proto p = rc ? (struct proto){0} : reader(fields);
    while (!rc && proto_next(&p, &f))
        if (is(&f, 1, PROTO_BYTES))
            rc = put_column(a, bytes_of(&f), VEC_ADD(&columns), err);
    if (!rc && p.damaged)
        rc = damaged(err);
    if (!rc) {
        *ret = VEC_COPY(a, &columns);
        *ret_count = columns.len;
    }
    VEC_FREE(&columns);
    return rc;
}
