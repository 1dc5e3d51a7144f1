/* Where the workspace is and who asks: options, environment, profile. */
#include "engine/databricks/databricks.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#define PROFILE_FILE_BYTES (1u << 20)
#define DEFAULT_PROFILE "DEFAULT"

/* One level of where things may be said. */
struct level {
    const char *host, *token, *client_id, *client_secret, *warehouse_id, *http_path, *auth_type;
    const char *origin;
};

static const struct {
    const char *key, *environment;
    size_t at;
} fields[] = {
    {"host", "DATABRICKS_HOST", offsetof(struct level, host)},
    {"token", "DATABRICKS_TOKEN", offsetof(struct level, token)},
    {"client_id", "DATABRICKS_CLIENT_ID", offsetof(struct level, client_id)},
    {"client_secret", "DATABRICKS_CLIENT_SECRET", offsetof(struct level, client_secret)},
    {"warehouse_id", "DATABRICKS_WAREHOUSE_ID", offsetof(struct level, warehouse_id)},
    {"http_path", "DATABRICKS_HTTP_PATH", offsetof(struct level, http_path)},
    {"auth_type", "DATABRICKS_AUTH_TYPE", offsetof(struct level, auth_type)},
};

static const char *given(const char *text) { return text && *text ? text : NULL; }

static void set_field(struct level *l, size_t at, const char *value)
{
    const char **place = (const char **)(void *)((char *)l + at);
    *place = given(value);
}

static bool has_credentials(const struct level *l) { return l->token || l->client_id || l->client_secret; }

/* ---- the profile ------------------------------------------------------------------------------------------------ */

static char *trimmed(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    for (size_t n = strlen(text); n && isspace((unsigned char)text[n - 1]); n--)
        text[n - 1] = '\0';
    return text;
}

static int fault(const char *path, unsigned line, struct error *err, const char *what)
{
    error_set(err, ERROR_USAGE, "%s", what);
    error_where(err, "%s:%u", path, line);
    return ERROR_USAGE;
}

/* Keys of other tools are theirs: they are passed over. The text is cut up. */
static int read_profile(char *text, const char *path, const char *profile, struct arena *a, struct level *ret, bool *ret_found,
                        struct error *err)
{
    bool inside = false;
    unsigned number = 0;
    for (char *next, *line = text; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        number++;
        line = trimmed(line);
        if (!*line || *line == '#' || *line == ';')
            continue;
        if (*line == '[') {
            char *end = strchr(line, ']');
            if (!end)
                return fault(path, number, err, "a section of the profiles has no ']'");
            *end = '\0';
            inside = str_eq(trimmed(line + 1), profile);
            *ret_found = *ret_found || inside;
            continue;
        }
        char *equals = strchr(line, '=');
        if (!equals)
            return fault(path, number, err, "a line of the profiles is neither a [section] nor key = value");
        *equals = '\0';
        for (size_t i = 0; inside && i < ARRAY_LEN(fields); i++)
            if (str_eq(trimmed(line), fields[i].key))
                set_field(ret, fields[i].at, arena_strdup(a, trimmed(equals + 1)));
    }
    return 0;
}

static const char *profile_file(struct arena *a)
{
    const char *named = given(getenv("DATABRICKS_CONFIG_FILE")), *home = given(getenv("HOME"));
    if (named && str_starts(named, "~/") && home)
        return path_join(a, home, named + 2);
    return named ? named : home ? path_join(a, home, ".databrickscfg") : NULL;
}

/* name NULL: the default one, which need not be there. */
static int level_of_profile(const char *name, struct arena *a, struct level *ret, struct error *err)
{
    const char *path = profile_file(a), *profile = name ? name : DEFAULT_PROFILE;
    struct level l = {0};
    char *text;
    size_t len;
    bool found = false;
    if (!path || !path_exists(path)) {
        if (!name)
            return 0;
        error_set(err, ERROR_USAGE, "there is no file of profiles %s for the profile '%s'", path ? path : "~/.databrickscfg", name);
        error_hint(err, "name it with DATABRICKS_CONFIG_FILE");
        return ERROR_USAGE;
    }
    int rc = file_read(path, PROFILE_FILE_BYTES, &text, &len, err);
    if (rc)
        return rc;
    rc = read_profile(text, path, profile, a, &l, &found, err);
    explicit_bzero(text, len);
    free(text);
    if (rc)
        return rc;
    if (!found && name) {
        error_set(err, ERROR_USAGE, "%s has no profile '%s'", path, name);
        error_hint(err, "add a section [%s] with host and token, or client_id and client_secret", name);
        return ERROR_USAGE;
    }
    l.origin = arena_printf(a, "profile %s of %s", profile, path);
    *ret = l;
    return 0;
}

/* ---- the workspace ------------------------------------------------------------------------------------------------- */

static bool is_loopback(const char *host, size_t len)
{
    return (len == 9 && strncasecmp(host, "localhost", 9) == 0) || (len == 5 && strncmp(host, "[::1]", 5) == 0) ||
           (len >= 7 && strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == len);
}

bool dbx_url_allowed(const char *url)
{
    if (strncasecmp(url, "https://", 8) == 0)
        return url[8] != '\0';
    if (strncasecmp(url, "http://", 7) != 0)
        return false;
    const char *host = url + 7;
    size_t len = strcspn(host, "/?#");
    if (memchr(host, '@', len))
        return false;
    size_t name = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
    return name <= len && is_loopback(host, name);
}

static int normal_host(const char *host, const char *origin, struct arena *a, const char **ret, struct error *err)
{
    const char *url = strstr(host, "://") ? host : arena_printf(a, "https://%s", host);
    const char *name = strstr(url, "://") + 3;
    size_t len = (size_t)(name - url) + strcspn(name, "/?#");
    url = arena_strndup(a, url, len);
    if (!dbx_url_allowed(url) || strpbrk(url, "@ \t\"<>\\")) {
        error_set(err, ERROR_USAGE, "%.200s is no address of a workspace", host);
        error_where(err, "%s", origin);
        error_hint(err, "write it as https://adb-1234567890123456.7.azuredatabricks.net; without TLS only this machine is asked");
        return ERROR_USAGE;
    }
    *ret = url;
    return 0;
}

/* "/sql/1.0/warehouses/<id>" */
static const char *warehouse_of_path(const char *http_path)
{
    const char *slash = http_path ? strrchr(http_path, '/') : NULL;
    return slash ? given(slash + 1) : NULL;
}

static int check_word(const char *what, const char *value, const char *origin, struct error *err)
{
    for (const char *c = value; c && *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f) {
            error_set(err, ERROR_USAGE, "the %s for Databricks holds a space or a control character", what);
            error_where(err, "%s", origin);
            return ERROR_USAGE;
        }
    return 0;
}

static int take_credentials(const struct level *l, struct dbx_login *ret, struct error *err)
{
    bool oauth = l->client_id || l->client_secret;
    if (l->token && oauth && !l->auth_type) {
        error_set(err, ERROR_USAGE, "there is a token and a service principal for Databricks");
        error_where(err, "%s", l->origin);
        error_hint(err, "take one out, or say auth_type = pat or oauth-m2m");
        return ERROR_USAGE;
    }
    if (l->auth_type && !str_eq(l->auth_type, "pat") && !str_eq(l->auth_type, "oauth-m2m")) {
        error_set(err, ERROR_USAGE, "the kind of login '%.40s' is not supported", l->auth_type);
        error_where(err, "%s", l->origin);
        error_hint(err, "use pat (token) or oauth-m2m (client_id and client_secret)");
        return ERROR_USAGE;
    }
    bool use_token = l->auth_type ? str_eq(l->auth_type, "pat") : l->token != NULL;
    if (use_token ? !l->token : !l->client_id || !l->client_secret) {
        error_set(err, ERROR_USAGE,
                  use_token ? "there is no token for Databricks" : "a service principal needs client_id and client_secret");
        error_where(err, "%s", l->origin);
        return ERROR_USAGE;
    }
    ret->token = use_token ? l->token : NULL;
    ret->client_id = use_token ? NULL : l->client_id;
    ret->client_secret = use_token ? NULL : l->client_secret;
    ret->origin = l->origin;
    int rc = check_word("token", ret->token, l->origin, err);
    if (!rc)
        rc = check_word("client_id", ret->client_id, l->origin, err);
    return rc ? rc : check_word("client_secret", ret->client_secret, l->origin, err);
}

/* Credentials go to the workspace that they were given for, and to no other. */
static int check_same_host(const struct level *l, const char *host, struct arena *a, struct error *err)
{
    const char *own;
    int rc = normal_host(l->host, l->origin, a, &own, err);
    if (rc || str_ieq(own, host))
        return rc;
    error_set(err, ERROR_USAGE, "the credentials are for %s, but %s is to be asked", own, host);
    error_where(err, "%s", l->origin);
    error_hint(err, "give the credentials where the address is given");
    return ERROR_USAGE;
}

static int nothing(struct error *err, const char *what, const char *hint)
{
    error_set(err, ERROR_USAGE, "%s", what);
    error_hint(err, "%s", hint);
    return ERROR_USAGE;
}

int dbx_login_read(const struct engine_options *o, struct arena *a, struct dbx_login *ret, struct error *err)
{
    struct dbx_login login = {.ca_file = given(o->ca_file)};
    struct level levels[3] = {
        {.host = given(o->url), .token = given(o->token), .warehouse_id = given(o->warehouse_id), .origin = "the settings engine.*"},
        {.origin = "the environment"},
        {0},
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        set_field(&levels[1], fields[i].at, getenv(fields[i].environment));
    const char *profile = given(o->profile) ? o->profile : given(getenv("DATABRICKS_CONFIG_PROFILE"));
    if (given(o->profile)) /* named more closely than the environment is */
        levels[1] = (struct level){0};
    int rc = profile || !(has_credentials(&levels[0]) || has_credentials(&levels[1])) ? level_of_profile(profile, a, &levels[2], err) : 0;
    const struct level *credentials = NULL;
    const char *host = NULL, *host_origin = NULL;
    for (size_t i = 0; !rc && i < ARRAY_LEN(levels); i++) {
        const struct level *l = &levels[i];
        credentials = !credentials && has_credentials(l) ? l : credentials;
        host_origin = !host && l->host ? l->origin : host_origin;
        host = host ? host : l->host;
        const char *warehouse = l->warehouse_id ? l->warehouse_id : warehouse_of_path(l->http_path);
        login.warehouse_id = login.warehouse_id ? login.warehouse_id : warehouse;
    }
    if (rc)
        return rc;
    if (!host)
        return nothing(err, "it is not said which workspace of Databricks is meant",
                       "set engine.url, DATABRICKS_HOST, or host in a profile of ~/.databrickscfg");
    if (!credentials)
        return nothing(err, "there are no credentials for Databricks",
                       "set DATABRICKS_TOKEN, DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, or a profile of ~/.databrickscfg");
    rc = normal_host(host, host_origin, a, &login.host, err);
    if (!rc && credentials->host)
        rc = check_same_host(credentials, login.host, a, err);
    if (!rc)
        rc = take_credentials(credentials, &login, err);
    if (!rc)
        rc = check_word("warehouse_id", login.warehouse_id, "warehouse_id", err);
    if (!rc)
        *ret = login;
    return rc;
}
