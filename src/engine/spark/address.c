/* Addresses of Spark Connect servers, as Spark's own clients read them. */
#include "engine/spark/connect.h"

#include <ctype.h>

#define DEFAULT_PORT 15002

static int bad_url(struct error *err, const char *what)
{
    error_set(err, ERROR_USAGE, "the address of Spark %s", what);
    error_where(err, "engine.url");
    error_hint(err, "write sc://HOST:PORT/;use_ssl=true;user_id=NAME");
    return ERROR_USAGE;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* NULL: the text has a %XX that is none, or control characters. */
static const char *decoded(struct arena *a, const char *text, size_t len)
{
    char *out = arena_alloc(a, len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++, n++) {
        out[n] = text[i];
        if (text[i] == '%') {
            int high = len - i > 2 ? hex(text[i + 1]) : -1, low = len - i > 2 ? hex(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return NULL;
            out[n] = (char)(high * 16 + low);
            i += 2;
        }
        if ((unsigned char)out[n] < 0x20 || out[n] == 0x7f)
            return NULL;
    }
    return out;
}

static bool header_name(const char *name)
{
    if (!*name)
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '-' && *name != '_' && *name != '.')
            return false;
    return true;
}

static int put_option(struct arena *a, const char *key, const char *value, bool *tls_given, struct spark_address *r, struct error *err)
{
    if (str_eq(key, "use_ssl")) {
        *tls_given = true;
        return str_to_bool(value, &r->tls) ? bad_url(err, "has a use_ssl that is neither true nor false") : 0;
    }
    if (str_eq(key, "token"))
        r->token = value;
    else if (str_eq(key, "user_id"))
        r->user_id = value;
    else if (str_eq(key, "user_agent"))
        r->user_agent = value;
    else if (str_eq(key, "session_id"))
        return bad_url(err, "names a session_id: each connection has a session of its own");
    else if (!header_name(key))
        return bad_url(err, "has an option whose name is none");
    else {
        r->headers[r->header_count][0] = arena_strdup(a, key);
        r->headers[r->header_count++][1] = value;
    }
    return 0;
}

static int parse_options(const char *text, struct arena *a, bool *tls_given, struct spark_address *r, struct error *err)
{
    size_t most = 1;
    for (const char *c = text; *c; c++)
        most += *c == ';';
    r->headers = arena_alloc(a, most * sizeof(*r->headers));
    while (*text) {
        size_t len = strcspn(text, ";");
        const char *equals = memchr(text, '=', len);
        if (len && !equals)
            return bad_url(err, "has an option without '='");
        if (len) {
            const char *key = decoded(a, text, (size_t)(equals - text));
            const char *value = decoded(a, equals + 1, len - (size_t)(equals - text) - 1);
            if (!key || !value)
                return bad_url(err, "has an option that is not percent-encoded");
            int rc = put_option(a, key, value, tls_given, r, err);
            if (rc)
                return rc;
        }
        text += len;
        text += *text == ';';
    }
    return 0;
}

static int parse_host(const char *text, size_t len, struct arena *a, struct spark_address *r, struct error *err)
{
    const char *host = arena_strndup(a, text, len);
    const char *close = *host == '[' ? strchr(host, ']') : NULL, *colon = strchr(close ? close : host, ':');
    int64_t port = DEFAULT_PORT;
    if (colon && (str_to_i64(colon + 1, &port) || port < 1 || port > 65535))
        return bad_url(err, "has a port that is none");
    if (colon && close && colon != close + 1)
        return bad_url(err, "has a host that is none");
    r->host = colon ? arena_strndup(a, host, (size_t)(colon - host)) : host;
    r->port = (int)port;
    for (const char *c = r->host; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-._[]:", *c))
            return bad_url(err, "has a host that is none");
    return *r->host ? 0 : bad_url(err, "has no host");
}

static bool loopback(const char *host) { return str_ieq(host, "localhost") || str_starts(host, "127.") || str_eq(host, "[::1]"); }

int spark_address_parse(const char *url, const char *token, const char *ca_file, struct arena *a, struct spark_address *ret,
                        struct error *err)
{
    struct spark_address r = {0};
    bool tls_given = false;
    if (!url || !*url) {
        error_set(err, ERROR_USAGE, "the address of Spark is not set");
        error_where(err, "engine.url");
        error_hint(err, "set engine.url: sc://HOST:PORT in secchi.yaml");
        return ERROR_USAGE;
    }
    if (!str_starts(url, "sc://"))
        return bad_url(err, "does not begin with sc://");
    const char *host = url + 5, *path = strchr(host, '/');
    size_t len = path ? (size_t)(path - host) : strlen(host);
    if (memchr(host, ';', len))
        return bad_url(err, "has options without a / before them");
    if (path && path[1] && path[1] != ';')
        return bad_url(err, "has a path: options begin with /;");
    int rc = parse_host(host, len, a, &r, err);
    if (!rc)
        rc = parse_options(path && path[1] ? path + 2 : "", a, &tls_given, &r, err);
    if (rc)
        return rc;
    if (token && *token)
        r.token = arena_strdup(a, token);
    if (r.token && !*r.token)
        r.token = NULL;
    for (const char *c = r.token; c && *c; c++)
        if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f)
            return error_set(err, ERROR_USAGE, "the token for Spark has characters that a token cannot have");
    if (ca_file && *ca_file)
        r.ca_file = arena_strdup(a, ca_file);
    if (r.token && !tls_given)
        r.tls = !loopback(r.host);
    if (r.token && !r.tls && !loopback(r.host))
        return bad_url(err, "has a token and use_ssl=false: a token is sent over TLS only");
    *ret = r;
    return 0;
}
