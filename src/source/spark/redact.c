/* What must never reach the warehouse: values of settings that are secrets, and passwords inside other values. */
#include "source/spark/events.h"

#include <ctype.h>

bool secret_name(const char *name)
{
    static const char *const words[] = {"password",   "passwd",      "secret",     "token",      "credential",
                                        "access.key", "accesskey",   "access_key", "apikey",     "api.key",
                                        "api_key",    "account.key", "private",    "passphrase", "sas."};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcasestr(name, words[i]))
            return true;
    size_t len = strlen(name);
    return len >= 4 && strcasecmp(name + len - 4, ".key") == 0;
}

/* scheme://user:password@host: the length of "password" at p, else 0. */
static size_t url_password(const char *value, const char *p)
{
    if (*p != ':' || p[1] == '/' || p == value)
        return 0;
    const char *slashes = NULL;
    for (const char *q = p; q > value + 2 && !isspace((unsigned char)*q); q--)
        if (q[-1] == '/' && q[-2] == '/' && q[-3] == ':') {
            slashes = q;
            break;
        } else if (q[-1] == '/' || q[-1] == '@') {
            return 0;
        }
    if (!slashes)
        return 0;
    size_t n = strcspn(p + 1, "@/ \t\n");
    return p[1 + n] == '@' ? n : 0;
}

/* `password=x`, `token: x`: the length of "x" when p stands on the separator, else 0. */
static size_t named_secret(const char *value, const char *p)
{
    if (*p != '=' && *p != ':')
        return 0;
    const char *begin = p;
    while (begin > value && (isalnum((unsigned char)begin[-1]) || strchr("._-", begin[-1])))
        begin--;
    char name[64];
    size_t n = (size_t)(p - begin);
    if (n == 0 || n >= sizeof(name))
        return 0;
    memcpy(name, begin, n);
    name[n] = 0;
    return secret_name(name) ? strcspn(p + 1, "&;, \t\n\"'") : 0;
}

const char *redact_value(struct arena *a, const char *value)
{
    struct buf out;
    size_t len = strlen(value);
    buf_init(&out, 2 * len * 10 + 64);
    for (const char *p = value; *p; p++) {
        buf_putc(&out, *p);
        size_t n = url_password(value, p);
        if (n == 0)
            n = named_secret(value, p);
        if (n == 0)
            continue;
        buf_puts(&out, "[redacted]");
        p += n;
    }
    char *copy = out.data ? arena_strndup(a, out.data, out.len) : arena_strdup(a, "");
    buf_free(&out);
    return copy;
}
