/* Errors of DuckDB (JSON text, setting errors_as_json) as struct error, with places in the Databricks SQL. */
#include "engine/duckdb/duck.h"

#include "yyjson.h"

#include <ctype.h>

struct fault { /* the fields of an error of DuckDB; text lives in the document */
    yyjson_doc *doc;
    char *message; /* owned */
    const char *type, *candidates, *name;
    int64_t position; /* byte in the rewritten SQL, or -1 */
};

static const char *fault_text(yyjson_val *root, const char *key)
{
    const char *s = yyjson_get_str(yyjson_obj_get(root, key));
    return s ? s : "";
}

/* Takes off the mark that macros.sql puts before a string that Spark would not read: '? abc' is 'abc' again. */
static void unmark(char *message)
{
    for (char *at = strstr(message, "? "); at; at = strstr(at + 1, "? "))
        if (at > message && (at[-1] == '\'' || at[-1] == '"'))
            memmove(at, at + 2, strlen(at + 2) + 1);
}

/* A message is the JSON, the JSON after "Parser Error: ", or plain text. */
static void fault_read(const char *message, struct fault *f)
{
    const char *json = strchr(message, '{');
    *f = (struct fault){.type = "", .candidates = "", .name = "", .position = -1};
    if (json)
        f->doc = yyjson_read(json, strlen(json), 0);
    yyjson_val *root = yyjson_doc_get_root(f->doc);
    if (!yyjson_obj_get(root, "exception_message")) {
        const char *colon = strstr(message, " Error: ");
        f->message = xstrdup(message);
        if (colon)
            f->type = NULL;
        return;
    }
    f->message = xstrdup(fault_text(root, "exception_message"));
    unmark(f->message);
    f->type = fault_text(root, "exception_type");
    f->candidates = fault_text(root, "candidates");
    f->name = fault_text(root, "name");
    if (yyjson_obj_get(root, "position") && str_to_i64(fault_text(root, "position"), &f->position))
        f->position = -1;
}

static void fault_free(struct fault *f)
{
    yyjson_doc_free(f->doc);
    free_ptr(&f->message);
}

static bool contains(const char *text, const char *part) { return strcasestr(text, part) != NULL; }

static bool invalidates(const struct fault *f)
{
    return contains(f->message, "database has been invalidated") || str_ieq(f->type, "FATAL");
}

static enum error_kind fault_kind(const struct fault *f)
{
    static const struct {
        const char *type;
        enum error_kind kind;
    } kinds[] = {
        {"INTERRUPT", ERROR_INTERRUPTED},
        {"Out of Memory", ERROR_LIMIT},
        {"IO", ERROR_IO},
        {"HTTP", ERROR_IO},
        {"Permission", ERROR_FORBIDDEN},
        {"INTERNAL", ERROR_INTERNAL},
        {"FATAL", ERROR_UNAVAILABLE},
    };
    if (invalidates(f))
        return ERROR_UNAVAILABLE;
    if (contains(f->message, "Could not set lock on file"))
        return ERROR_CONFLICT;
    if (contains(f->message, "No space left") || contains(f->message, "max_temp_directory_size"))
        return contains(f->message, "No space left") ? ERROR_IO : ERROR_LIMIT;
    if (contains(f->message, "Cannot CHECKPOINT"))
        return ERROR_CONFLICT;
    if (contains(f->message, "Conflict on ") || contains(f->message, "write-write conflict"))
        return ERROR_CONFLICT;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_ieq(f->type, kinds[i].type) || (!f->doc && contains(f->message, kinds[i].type) && str_starts(f->message, kinds[i].type)))
            return kinds[i].kind;
    return ERROR_ENGINE;
}

/* The first line of a message says what is wrong; what follows is advice, often for users of DuckDB's own settings. */
static void set_what(const struct fault *f, enum error_kind kind, struct error *err)
{
    size_t len = strcspn(f->message, "\n");
    while (len && (f->message[len - 1] == '!' || f->message[len - 1] == '.' || f->message[len - 1] == ' '))
        len--;
    switch (kind) {
    case ERROR_INTERRUPTED:
        error_set(err, kind, "the statement was interrupted");
        break;
    case ERROR_LIMIT:
        error_set(err, kind, "the statement needs more memory than it may use: %.*s", (int)len, f->message);
        break;
    case ERROR_CONFLICT:
        if (contains(f->message, "Could not set lock"))
            error_set(err, kind, "the warehouse is open in another process");
        else if (contains(f->message, "Cannot CHECKPOINT"))
            error_set(err, kind, "the warehouse cannot be written together while older states are read");
        else
            error_set(err, kind, "another change of the same rows came first: %.*s", (int)len, f->message);
        break;
    case ERROR_UNAVAILABLE:
        error_set(err, kind, "the engine stopped after a fatal error and is opened anew: %.*s", (int)len, f->message);
        break;
    default:
        error_set(err, kind, "%.*s", (int)len, f->message);
        break;
    }
}

static void set_hint(const struct fault *f, enum error_kind kind, struct error *err)
{
    const char *mean = strstr(f->message, "Did you mean");
    if (contains(f->message, "No space left"))
        error_hint(err, "free some space on the disk, then run it again; nothing was lost");
    else if (kind == ERROR_LIMIT)
        error_hint(err, "read less at once, or raise the engine's memory or spill limit");
    else if (kind == ERROR_FORBIDDEN)
        error_hint(err, "SQL may read files of the registered sources only");
    else if (kind == ERROR_CONFLICT)
        error_hint(err, contains(f->message, "Could not set lock") ? "end the other process, or talk to it" : "run it again");
    else if (kind == ERROR_UNAVAILABLE)
        error_hint(err, "nothing committed was lost; run it again");
    else if (f->candidates[0])
        error_hint(err, "did you mean %s?", f->candidates);
    else if (mean)
        error_hint(err, "%.*s", (int)strcspn(mean, "\n"), mean);
}

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80; }

/* How often the word at text[at] stands in text before `at`, as a whole word in any case. */
static size_t occurrences(const char *text, size_t end, const char *word, size_t len, size_t *ret_last)
{
    size_t n = 0;
    for (size_t i = 0; i + len <= end; i++) {
        if (strncasecmp(text + i, word, len) != 0 || (i > 0 && is_word(text[i - 1])) || is_word(text[i + len]))
            continue;
        n++;
        if (ret_last)
            *ret_last = i;
        i += len - 1;
    }
    return n;
}

/* The rewriter gives no map of positions. The word at the fault stands as often in the source as in the rewritten text, or the
 * word is not in the source at all: then the place is the statement's first line. */
static bool source_offset(const struct duck_where *w, int64_t position, size_t *ret)
{
    const char *re = w->rewritten, *sql = w->stmt->sql;
    size_t len = 0, at = (size_t)position, nth, i, found;
    if (!re || position < 0 || at >= strlen(re))
        return false;
    if (re[at] == '"')
        at++;
    while (is_word(re[at + len]))
        len++;
    if (!len)
        return false;
    nth = occurrences(re, at, re + at, len, NULL);
    size_t all = occurrences(sql, strlen(sql), re + at, len, &i);
    if (all == 0 || (all > 1 && all != occurrences(re, strlen(re), re + at, len, NULL)))
        return false;
    for (found = i; all > 1 && all > nth + 1; all--)
        if (!occurrences(sql, found, re + at, len, &found))
            return false;
    *ret = found;
    return true;
}

void duck_error_place(const struct engine_stmt *s, struct error *err)
{
    char place[sizeof(err->where)];
    if (!err || !s)
        return;
    uint32_t line = s->line ? s->line : 1;
    if (err->where[0] && s->file)
        snprintf(place, sizeof(place), "%s:%s", s->file, err->where);
    else if (err->where[0])
        return;
    else if (s->file)
        snprintf(place, sizeof(place), "%s:%u", s->file, line);
    else
        return;
    error_where(err, "%s", place);
}

static void set_place(const struct fault *f, const struct duck_where *w, struct error *err)
{
    size_t offset = 0;
    if (!err || !w || !w->stmt)
        return;
    if (source_offset(w, f->position, &offset)) {
        uint32_t line = w->stmt->line ? w->stmt->line : 1, column = 1;
        for (size_t i = 0; i < offset; i++) {
            column = w->stmt->sql[i] == '\n' ? 1 : column + 1;
            line += w->stmt->sql[i] == '\n';
        }
        error_where(err, "%u:%u", line, column);
    }
    duck_error_place(w->stmt, err);
}

int duck_error(struct duck *d, const char *message, const struct duck_where *where, struct error *err)
{
    struct fault f;
    fault_read(message ? message : "unknown error", &f);
    if (!f.type)
        f.type = "";
    enum error_kind kind = fault_kind(&f);
    if (invalidates(&f) && d)
        __atomic_store_n(&d->broken, true, __ATOMIC_RELEASE);
    set_what(&f, kind, err);
    set_hint(&f, kind, err);
    set_place(&f, where, err);
    fault_free(&f);
    return kind;
}

int duck_result_failed(struct duck *d, duckdb_result *result, const struct duck_where *where, struct error *err)
{
    int rc = duck_error(d, duckdb_result_error(result), where, err);
    duckdb_destroy_result(result);
    return rc;
}

int duck_error_data(struct duck *d, duckdb_error_data data, const struct duck_where *where, struct error *err)
{
    int rc = duck_error(d, duckdb_error_data_message(data), where, err);
    duckdb_destroy_error_data(&data);
    return rc;
}
