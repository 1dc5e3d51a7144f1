#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "server/private.h"

/* ---- life ------------------------------------------------------------------------------------------------- */

struct request *request_new(struct listener *l, const char *uri)
{
    struct request *rq = xcalloc(1, sizeof(*rq));
    rq->references = 1;
    rq->listener = l;
    rq->owner = l->owner;
    rq->arena = arena_new();
    rq->start_ns = clock_mono_ns();
    rq->watched_fd = -1;
    size_t len = strnlen(uri, MAX_URI_BYTES + 1);
    rq->uri = arena_strndup(rq->arena, uri, len);
    rq->method = "";
    rq->path = rq->uri;
    pthread_mutex_init(&rq->lock, NULL);
    pthread_cond_init(&rq->room, NULL);
    buf_init(&rq->body, LIMIT_REQUEST_BYTES);
    buf_init(&rq->out, SIZE_MAX);
    return rq;
}

void request_unref(struct request *rq)
{
    if (__atomic_sub_fetch(&rq->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    buf_free(&rq->body);
    buf_free(&rq->out);
    VEC_FREE(&rq->headers);
    yyjson_doc_free(rq->json);
    pthread_mutex_destroy(&rq->lock);
    pthread_cond_destroy(&rq->room);
    arena_free(rq->arena);
    free(rq);
}

const char *request_header(struct request *rq, const char *name)
{
    return MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND, name);
}

/* ---- percent decoding ---------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int decode(struct arena *a, const char *text, size_t len, bool plus, const char **ret, struct error *err)
{
    char *out = arena_alloc(a, len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 1 < len ? hex_digit(text[i + 1]) : -1, low = i + 2 < len ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return error_set(err, ERROR_USAGE, "the address has a '%%' that two hexadecimal digits do not follow");
            c = (char)(high << 4 | low);
            i += 2;
            if (!c)
                return error_set(err, ERROR_USAGE, "the address holds a zero byte");
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[n++] = c;
    }
    out[n] = '\0';
    if (!utf8_valid(out, n))
        return error_set(err, ERROR_USAGE, "the address is not UTF-8");
    *ret = out;
    return 0;
}

/* ---- values of parameters ---------------------------------------------------------------------------------------- */

static const char *in_name(enum param_in in) { return in == IN_PATH ? "path" : in == IN_QUERY ? "query" : "body"; }

static int invalid(const struct param *p, struct error *err, const char *fmt, ...) PRINTF_LIKE(3, 4);
static int invalid(const struct param *p, struct error *err, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    error_set(err, ERROR_INVALID, "%s %s", p->name, text);
    error_where(err, "%s parameter %s", in_name(p->in), p->name);
    return ERROR_INVALID;
}

static int check_number(const struct param *p, int64_t v, struct error *err)
{
    if (v >= p->min && v <= p->max)
        return 0;
    if (p->max == INT64_MAX)
        return invalid(p, err, "is %" PRId64 "; it must be at least %" PRId64, v, p->min);
    return invalid(p, err, "is %" PRId64 "; it must be from %" PRId64 " to %" PRId64, v, p->min, p->max);
}

static int check_choice(const struct param *p, const char *text, struct arena *a, struct error *err)
{
    const char *choices[32];
    size_t n = 0;
    for (char *s = arena_strdup(a, p->choices), *next; s && n < ARRAY_LEN(choices); s = next) {
        next = strchr(s, '|');
        if (next)
            *next++ = '\0';
        if (str_eq(s, text))
            return 0;
        choices[n++] = s;
    }
    invalid(p, err, "is '%.64s'; it must be one of %s", text, p->choices);
    const char *near = nearest_name(text, choices, n);
    if (near)
        error_hint(err, "did you mean %s?", near);
    return ERROR_INVALID;
}

/* A value given as text, in the path, the query or as default. */
static int take_text(const struct param *p, const char *text, struct arena *a, struct argument *ret, struct error *err)
{
    struct argument v = {.given = true, .text = text};
    bool flag;
    switch (p->type) {
    case PARAM_INT:
        if (str_to_i64(text, &v.number) != 0)
            return invalid(p, err, "is '%.64s', not a whole number", text);
        if (check_number(p, v.number, err))
            return ERROR_INVALID;
        break;
    case PARAM_BOOL:
        if (str_to_bool(text, &flag) != 0)
            return invalid(p, err, "is '%.64s'; it must be true or false", text);
        v.number = flag;
        break;
    case PARAM_TIME:
        if (time_parse_us(text, &v.number) != 0)
            return invalid(p, err, "is '%.64s', not a time like 2026-11-21T08:00:00Z", text);
        break;
    case PARAM_ENUM:
        if (check_choice(p, text, a, err))
            return ERROR_INVALID;
        break;
    default:
        if (strlen(text) > (size_t)(p->max ? p->max : 4096))
            return invalid(p, err, "is longer than %" PRId64 " bytes", p->max ? p->max : 4096);
    }
    *ret = v;
    return 0;
}

static int take_texts(const struct param *p, yyjson_val *v, struct argument *ret, struct error *err)
{
    size_t i, n;
    yyjson_val *item;
    if (!yyjson_is_arr(v))
        return invalid(p, err, "must be a list of texts");
    if (yyjson_arr_size(v) > (size_t)p->max)
        return invalid(p, err, "has more than %" PRId64 " items", p->max);
    yyjson_arr_foreach(v, i, n, item)
    {
        if (!yyjson_is_str(item) || yyjson_get_len(item) > LIMIT_NAME_BYTES || strlen(yyjson_get_str(item)) != yyjson_get_len(item))
            return invalid(p, err, "must be a list of texts of at most %d bytes", LIMIT_NAME_BYTES);
    }
    *ret = (struct argument){.given = true, .json = v};
    return 0;
}

/* A value of the JSON body. null is the same as absent. */
static int take_json(const struct param *p, yyjson_val *v, struct arena *a, struct argument *ret, struct error *err)
{
    switch (p->type) {
    case PARAM_INT:
        if (!yyjson_is_int(v) || (yyjson_is_uint(v) && yyjson_get_uint(v) > INT64_MAX))
            return invalid(p, err, "is not a whole number");
        *ret = (struct argument){.given = true, .number = yyjson_get_sint(v), .json = v};
        return check_number(p, ret->number, err);
    case PARAM_BOOL:
        if (!yyjson_is_bool(v))
            return invalid(p, err, "must be true or false");
        *ret = (struct argument){.given = true, .number = yyjson_get_bool(v), .json = v};
        return 0;
    case PARAM_OBJECT:
        if (!yyjson_is_obj(v))
            return invalid(p, err, "must be an object");
        *ret = (struct argument){.given = true, .json = v};
        return 0;
    case PARAM_TEXTS:
        return take_texts(p, v, ret, err);
    default:
        if (!yyjson_is_str(v) || strlen(yyjson_get_str(v)) != yyjson_get_len(v))
            return invalid(p, err, "must be a text without zero bytes");
        return take_text(p, yyjson_get_str(v), a, ret, err);
    }
}

static int unknown(const struct route *r, enum param_in in, const char *name, struct error *err)
{
    const char *names[64];
    size_t n = 0;
    for (size_t i = 0; i < r->param_count && n < ARRAY_LEN(names); i++)
        if (r->params[i].in == in)
            names[n++] = r->params[i].name;
    error_set(err, ERROR_INVALID, "%s %s takes no %s parameter '%.64s'", r->method, r->path, in_name(in), name);
    error_where(err, "%s parameter %.64s", in_name(in), name);
    const char *near = nearest_name(name, names, n);
    if (near)
        error_hint(err, "did you mean %s?", near);
    else
        error_hint(err, n ? "GET /openapi.json lists them" : "it takes none there");
    return ERROR_INVALID;
}

static int find_param(const struct route *r, enum param_in in, const char *name)
{
    for (size_t i = 0; i < r->param_count; i++)
        if (r->params[i].in == in && str_eq(r->params[i].name, name))
            return (int)i;
    return -1;
}

static int complete(struct request *rq, bool body, struct error *err)
{
    for (size_t i = 0; i < rq->route->param_count; i++) {
        const struct param *p = &rq->route->params[i];
        if ((p->in == IN_BODY) != body || rq->arguments[i].given)
            continue;
        if (p->required)
            return invalid(p, err, "is missing");
        if (!p->fallback)
            continue;
        int rc = take_text(p, p->fallback, rq->arena, &rq->arguments[i], err);
        if (rc)
            return rc;
        rq->arguments[i].given = false;
    }
    return 0;
}

/* ---- path and query ------------------------------------------------------------------------------------------------ */

static int take_path(struct request *rq, const char *const *values, struct error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < rq->route->param_count; i++) {
        if (rq->route->params[i].in != IN_PATH)
            continue;
        const char *text;
        int rc = decode(rq->arena, values[n], strlen(values[n]), false, &text, err);
        if (!rc)
            rc = take_text(&rq->route->params[i], text, rq->arena, &rq->arguments[i], err);
        if (rc)
            return rc;
        n++;
    }
    return 0;
}

static int take_query(struct request *rq, const char *query, struct error *err)
{
    for (const char *p = query; *p;) {
        size_t len = strcspn(p, "&"), name_len = strcspn(p, "=&");
        const char *name, *value = "";
        int rc = decode(rq->arena, p, name_len, true, &name, err);
        if (!rc && name_len < len)
            rc = decode(rq->arena, p + name_len + 1, len - name_len - 1, true, &value, err);
        if (rc)
            return rc;
        int at = len ? find_param(rq->route, IN_QUERY, name) : -1;
        if (len && at < 0)
            return unknown(rq->route, IN_QUERY, name, err);
        if (len && rq->arguments[at].given)
            return invalid(&rq->route->params[at], err, "is given twice");
        if (len && (rc = take_text(&rq->route->params[at], value, rq->arena, &rq->arguments[at], err)) != 0)
            return rc;
        p += len + (p[len] == '&');
    }
    return 0;
}

int request_route(struct request *rq, const char *method, struct error *err)
{
    rq->method = arena_strdup(rq->arena, method);
    if (strlen(rq->uri) > MAX_URI_BYTES) {
        rq->status = 414;
        return error_set(err, ERROR_LIMIT, "the address is longer than %d bytes", MAX_URI_BYTES);
    }
    size_t len = strcspn(rq->uri, "?");
    rq->path = arena_strndup(rq->arena, rq->uri, len);
    rq->query_text = rq->uri[len] ? rq->uri + len + 1 : "";
    const char **values, *allow = NULL;
    int rc = route_find(method, rq->path, rq->arena, &rq->route, &values, &allow, err);
    if (rc) {
        rq->status = allow ? 405 : 0;
        if (allow)
            reply_header(rq, "Allow", allow);
        return rc;
    }
    rq->arguments = arena_alloc(rq->arena, (rq->route->param_count + 1) * sizeof(*rq->arguments));
    rc = take_path(rq, values, err);
    if (!rc)
        rc = take_query(rq, rq->query_text, err);
    return rc ? rc : complete(rq, false, err);
}

/* ---- body ------------------------------------------------------------------------------------------------------------ */

static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    size_t n = sizeof(json) - 1;
    return type && strncasecmp(type, json, n) == 0 && (!type[n] || type[n] == ';' || type[n] == ' ');
}

static bool takes_body(const struct route *r)
{
    for (size_t i = 0; i < r->param_count; i++)
        if (r->params[i].in == IN_BODY)
            return true;
    return false;
}

static int take_members(struct request *rq, yyjson_val *root, struct error *err)
{
    size_t i, n;
    yyjson_val *key, *v;
    yyjson_obj_foreach(root, i, n, key, v)
    {
        const char *name = yyjson_get_str(key);
        int at = strlen(name) == yyjson_get_len(key) ? find_param(rq->route, IN_BODY, name) : -1;
        if (at < 0)
            return unknown(rq->route, IN_BODY, name, err);
        if (rq->arguments[at].given)
            return invalid(&rq->route->params[at], err, "is given twice");
        int rc = yyjson_is_null(v) ? 0 : take_json(&rq->route->params[at], v, rq->arena, &rq->arguments[at], err);
        if (rc)
            return rc;
    }
    return 0;
}

/* Parses the body's members; the request's type was checked. Split from request_body for the fuzz target. */
int request_members(struct request *rq, struct error *err)
{
    yyjson_read_err why;
    if (rq->body.len) {
        rq->json = yyjson_read_opts(rq->body.data, rq->body.len, YYJSON_READ_NOFLAG, NULL, &why);
        if (!rq->json) {
            error_set(err, ERROR_USAGE, "the body is not JSON: %s", why.msg);
            error_where(err, "body, byte %zu", why.pos);
            return ERROR_USAGE;
        }
        yyjson_val *root = yyjson_doc_get_root(rq->json);
        if (!yyjson_is_obj(root))
            return error_set(err, ERROR_USAGE, "the body is not a JSON object");
        int rc = take_members(rq, root, err);
        if (rc)
            return rc;
    }
    return complete(rq, true, err);
}

int request_body(struct request *rq, struct error *err)
{
    if (rq->body.overflow) {
        rq->status = 413;
        return error_set(err, ERROR_LIMIT, "the body is larger than %u bytes", LIMIT_REQUEST_BYTES);
    }
    const char *type = request_header(rq, "Content-Type");
    bool empty = !rq->body.len || (!takes_body(rq->route) && rq->body.len == 2 && memcmp(rq->body.data, "{}", 2) == 0);
    if (!empty && !takes_body(rq->route)) {
        error_set(err, ERROR_USAGE, "%s %s takes no body", rq->route->method, rq->route->path);
        return ERROR_USAGE;
    }
    if (!empty && !is_json(type)) {
        rq->status = 415;
        error_set(err, ERROR_USAGE, "the body's type is %s%.64s", type ? "" : "not given", type ? type : "");
        error_hint(err, "send Content-Type: application/json");
        return ERROR_USAGE;
    }
    if (empty)
        return complete(rq, true, err);
    return request_members(rq, err);
}

/* ---- arguments ------------------------------------------------------------------------------------------------------- */

static const struct argument *argument(const struct request *rq, const char *name)
{
    for (size_t i = 0; i < rq->route->param_count; i++)
        if (str_eq(rq->route->params[i].name, name))
            return &rq->arguments[i];
    fprintf(stderr, "secchi: the route %s %s has no parameter %s\n", rq->route->method, rq->route->path, name);
    abort();
}

bool arg_given(const struct request *rq, const char *name) { return argument(rq, name)->given; }
const char *arg_text(const struct request *rq, const char *name) { return argument(rq, name)->text; }
int64_t arg_int(const struct request *rq, const char *name) { return argument(rq, name)->number; }
bool arg_bool(const struct request *rq, const char *name) { return argument(rq, name)->number != 0; }
yyjson_val *arg_json(const struct request *rq, const char *name) { return argument(rq, name)->json; }
