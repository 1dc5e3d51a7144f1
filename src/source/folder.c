#include "source/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMATS 4
#define MAX_DEPTH 16 /* of folders below a table */
#define LINES_PART_BYTES ((int64_t)64 << 20)

/* One table while it is being walked: its new files by format. */
struct table {
    const char *name; /* schema/table */
    struct file_list {
        VEC(struct engine_file) files;
        VEC(struct source_mark) marks;
        int64_t bytes;
    } by_format[FORMATS];
};

struct scan {
    const struct source_spec *spec;
    const char *root; /* without links */
    struct arena *arena;
    struct map marks; /* "table\tfile" -> struct source_mark, removed once its file was seen */
    VEC(struct source_unit) units;
    VEC(struct source_finding) findings;
    size_t tables;
};

/* ---- findings and marks -------------------------------------------------------------------------------- */

static void PRINTF_LIKE(5, 6) finding(struct scan *s, const char *kind, const char *table, const char *file, const char *fmt, ...)
{
    struct source_finding *f = VEC_ADD(&s->findings);
    f->kind = kind;
    f->table = table;
    f->file = file;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(f->text, sizeof(f->text), fmt, ap);
    va_end(ap);
}

static char *mark_key(struct arena *a, const char *table, const char *file) { return arena_printf(a, "%s\t%s", table, file); }

static const struct source_mark *take_mark(struct scan *s, const char *table, const char *file)
{
    return map_remove(&s->marks, mark_key(s->arena, table, file));
}

/* ---- formats ---------------------------------------------------------------------------------------------- */

/* Text may be compressed: rows.jsonl.gz. */
static bool format_of(const char *name, enum engine_format *ret, bool *ret_packed)
{
    static const struct {
        const char *end;
        enum engine_format format;
    } ends[] = {
        {".parquet", ENGINE_PARQUET}, {".jsonl", ENGINE_JSONL}, {".ndjson", ENGINE_JSONL}, {".json", ENGINE_JSONL}, {".csv", ENGINE_CSV},
    };
    size_t len;
    bool packed = unpack_codec_of(name, &len) != UNPACK_PLAIN;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        size_t n = strlen(ends[i].end);
        if (len <= n || strncasecmp(name + len - n, ends[i].end, n) != 0 || (packed && ends[i].format == ENGINE_PARQUET))
            continue;
        *ret = ends[i].format;
        *ret_packed = packed;
        return true;
    }
    return false;
}

static bool is_data_name(const char *name) { return name[0] != '_' && name[0] != '.'; }

/* What the simulator writes beside its tables: no data, and nothing that lies in the wrong place. */
static bool is_about_the_lake(const char *name) { return str_eq(name, "secchi.yaml") || str_eq(name, "incidents.json"); }

/* ---- JSON lines ------------------------------------------------------------------------------------------ */

/* What follows the last newline: a whole object needs no newline to be complete, nothing that is appended can belong to it. */
struct json_tail {
    int depth;
    bool in_string, escaped, began, ended, bad;
};

static void tail_feed(struct json_tail *t, const char *text, size_t len)
{
    for (size_t i = 0; i < len && !t->bad; i++) {
        char c = text[i];
        if (t->in_string) {
            t->in_string = t->escaped || c != '"';
            t->escaped = !t->escaped && c == '\\';
            continue;
        }
        bool space = c == ' ' || c == '\t' || c == '\r';
        if (space)
            continue;
        if (t->ended || (!t->began && c != '{'))
            t->bad = true;
        t->began = true;
        t->in_string = c == '"';
        t->depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        t->ended = t->depth == 0;
        t->bad |= t->ended && c != '}';
    }
}

static int read_at(int fd, char *data, size_t len, int64_t at)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pread(fd, data + done, len - done, at + (int64_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ESTALE; /* shorter than stat said: being rewritten */
        if (n <= 0)
            return -1;
        done += (size_t)n;
    }
    return 0;
}

/* Offset after the last newline of [from, size), or -1. */
static int last_newline(int fd, int64_t from, int64_t size, int64_t *ret)
{
    char chunk[65536];
    for (int64_t end = size; end > from;) {
        int64_t begin = end - (int64_t)sizeof(chunk) > from ? end - (int64_t)sizeof(chunk) : from;
        if (read_at(fd, chunk, (size_t)(end - begin), begin) != 0)
            return -1;
        const char *nl = memrchr(chunk, '\n', (size_t)(end - begin));
        if (nl) {
            *ret = begin + (nl - chunk) + 1;
            return 0;
        }
        end = begin;
    }
    *ret = -1;
    return 0;
}

static int whole_tail(int fd, int64_t from, int64_t size, bool *ret)
{
    char chunk[65536];
    struct json_tail t = {0};
    for (int64_t at = from; at < size && !t.bad;) {
        size_t n = size - at < (int64_t)sizeof(chunk) ? (size_t)(size - at) : sizeof(chunk);
        if (read_at(fd, chunk, n, at) != 0)
            return -1;
        tail_feed(&t, chunk, n);
        at += (int64_t)n;
    }
    *ret = t.began && t.ended && !t.bad && !t.in_string;
    return 0;
}

int folder_line_end(const char *path, int64_t from, int64_t size, int64_t *ret, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "read", path);
    int64_t end = -1;
    bool whole = false;
    int failed = last_newline(fd, from, size, &end);
    if (!failed)
        failed = whole_tail(fd, end < 0 ? from : end, size, &whole);
    int number = errno;
    close(fd);
    if (failed) {
        errno = number;
        return error_errno(err, "read", path);
    }
    *ret = whole ? size : end < 0 ? from : end;
    return 0;
}

/* True when a line can begin at offset: the byte before ends one. */
static bool line_begins_at(const char *path, int64_t offset)
{
    if (offset == 0)
        return true;
    char before = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool read_well = read_at(fd, &before, 1, offset - 1) == 0;
    close(fd);
    return read_well && (before == '\n' || before == '}' || before == ' ' || before == '\r' || before == '\t');
}

/* ---- files of a table --------------------------------------------------------------------------------------- */

static void add_file(struct table *t, enum engine_format format, const struct engine_file *file, const struct source_mark *mark)
{
    struct file_list *l = &t->by_format[format];
    *VEC_ADD(&l->files) = *file;
    *VEC_ADD(&l->marks) = *mark;
    l->bytes += format == ENGINE_JSONL && file->to_offset >= 0 ? file->to_offset - file->from_offset : mark->size;
}

static void changed(struct scan *s, const struct table *t, const char *file, int64_t was, int64_t is)
{
    finding(s, "file_changed", t->name, file,
            "%s had %lld bytes when it was loaded and has %lld now; its rows stay as they are, deliver changes as a new file", file,
            (long long)was, (long long)is);
}

/* Plain JSON lines: from where the last load ended to the end of the last complete line. */
static void visit_lines(struct scan *s, struct table *t, const char *path, const char *file, int64_t size, const struct source_mark *old)
{
    int64_t from = old ? old->offset : 0, end;
    if (old && (size < old->size || !line_begins_at(path, from))) {
        changed(s, t, file, old->size, size);
        return;
    }
    struct error e = {0};
    if (folder_line_end(path, from, size, &end, &e)) {
        finding(s, "unreadable", t->name, file, "%s; its rows are missing until it can be read", e.what);
        return;
    }
    /* A large file comes in parts, so that whoever loads it can stop in between: the mark of a part is its end. */
    for (int64_t part; from < end; from = part) {
        part = end - from > LINES_PART_BYTES ? from + LINES_PART_BYTES : end;
        if (part < end && (folder_line_end(path, from, part, &part, &e) || part == from))
            part = end; /* a line longer than a part */
        struct engine_file f = {.path = path, .from_offset = from, .to_offset = part};
        struct source_mark m = {.table = t->name, .file = file, .size = size, .offset = part, .version = -1};
        add_file(t, ENGINE_JSONL, &f, &m);
    }
}

static void visit_file(struct scan *s, struct table *t, const char *path, const char *file, const char *name)
{
    enum engine_format format;
    bool packed;
    const struct source_mark *old = take_mark(s, t->name, file);
    if (!format_of(name, &format, &packed)) {
        finding(s, "unknown_format", t->name, file,
                "%s is no Parquet (.parquet), JSON lines (.jsonl) or CSV (.csv) file, nor such text in .gz or .zst, and is left out", file);
        return;
    }
    struct stat st;
    if (stat(path, &st) != 0 || access(path, R_OK) != 0) {
        struct error e = {0};
        error_errno(&e, "read", path);
        finding(s, "unreadable", t->name, file, "%s; %s", e.what, old ? "its rows stay" : "its rows are missing until it can be read");
        return;
    }
    if (old && st.st_size == old->size && (format != ENGINE_JSONL || old->offset >= old->size))
        return;
    if (format == ENGINE_JSONL && !packed) {
        visit_lines(s, t, path, file, st.st_size, old);
        return;
    }
    if (old) {
        changed(s, t, file, old->size, st.st_size);
        return;
    }
    if (st.st_size == 0 && format != ENGINE_PARQUET)
        return;
    struct engine_file f = {.path = path, .to_offset = -1};
    struct source_mark m = {.table = t->name, .file = file, .size = st.st_size, .offset = st.st_size, .version = -1};
    add_file(t, format, &f, &m);
}

/* SQL may read the folders of sources only: a link that leads out of them is of no use. */
static bool leads_out(struct scan *s, const char *table, const char *path, const char *file)
{
    struct stat st;
    if (lstat(path, &st) != 0 || !S_ISLNK(st.st_mode))
        return false;
    char *real = path_real(path);
    size_t n = strlen(s->root);
    bool inside = !real || (strncmp(real, s->root, n) == 0 && (real[n] == '/' || s->root[n - 1] == '/'));
    if (!inside)
        finding(s, "unreadable", table, file, "%s is a link out of the source, to %.200s; make that folder a source of its own", file,
                real);
    free(real);
    return !inside;
}

static void visit_dir(struct scan *s, struct table *t, const char *dir, const char *file, int depth)
{
    char **names;
    size_t count;
    struct error e = {0};
    if (depth > MAX_DEPTH) {
        finding(s, "unreadable", t->name, file, "%s is nested deeper than %d folders and is left out", file, MAX_DEPTH);
        return;
    }
    if (dir_list(dir, &names, &count, &e)) {
        finding(s, "unreadable", t->name, file, "%s; its rows are missing until it can be read", e.what);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_data_name(names[i]))
            continue;
        const char *path = path_join(s->arena, dir, names[i]);
        const char *below = file[0] ? path_join(s->arena, file, names[i]) : arena_strdup(s->arena, names[i]);
        if (leads_out(s, t->name, path, below))
            continue;
        if (path_is_dir(path))
            visit_dir(s, t, path, below, depth + 1);
        else
            visit_file(s, t, path, below, names[i]);
    }
    dir_list_free(names, count);
}

/* ---- Delta -------------------------------------------------------------------------------------------------------- */

/* Newest commit of `_delta_log`, and whether the commit `wanted` is still there as a file of its own. */
static int delta_versions(struct arena *a, const char *table_path, int64_t wanted, int64_t *ret_newest, bool *ret_there, struct error *err)
{
    char **names;
    size_t count;
    int rc = dir_list(path_join(a, table_path, "_delta_log"), &names, &count, err);
    if (rc)
        return rc;
    int64_t newest = -1;
    bool there = false;
    for (size_t i = 0; i < count; i++) {
        char digits[21];
        int64_t v;
        if (strlen(names[i]) != 25 || !str_ends(names[i], ".json"))
            continue;
        memcpy(digits, names[i], 20);
        digits[20] = '\0';
        if (str_to_i64(digits, &v) != 0)
            continue;
        newest = v > newest ? v : newest;
        there |= v == wanted;
    }
    dir_list_free(names, count);
    *ret_newest = newest;
    *ret_there = there;
    return 0;
}

static void visit_delta(struct scan *s, struct table *t, const char *path, const char *file)
{
    const struct source_mark *old = take_mark(s, t->name, file);
    int64_t from = old ? old->version : -1, newest;
    bool there;
    struct error e = {0};
    if (delta_versions(s->arena, path, from + 1, &newest, &there, &e)) {
        finding(s, "unreadable", t->name, file, "%s; its rows are missing until it can be read", e.what);
        return;
    }
    if (newest < 0) {
        finding(s, "unreadable", t->name, file, "the Delta log of %s holds no commit", file);
        return;
    }
    if (newest < from) {
        finding(s, "file_changed", t->name, file,
                "Delta table %s was loaded up to version %lld and now ends at %lld: it was made anew; its rows stay as they are", file,
                (long long)from, (long long)newest);
        return;
    }
    if (newest == from)
        return;
    if (from >= 0 && !there) {
        finding(s, "log_expired", t->name, file, "commit %lld of Delta table %s has expired; the whole table is read again",
                (long long)from + 1, file);
        from = -1;
    }
    struct engine_file f = {.path = path, .to_offset = -1, .from_version = from, .to_version = newest};
    struct source_mark m = {.table = t->name, .file = file, .version = newest};
    add_file(t, ENGINE_DELTA, &f, &m);
}

/* ---- tables --------------------------------------------------------------------------------------------------------- */

static void end_table(struct scan *s, struct table *t)
{
    s->tables++;
    for (int i = 0; i < FORMATS; i++) {
        struct file_list *l = &t->by_format[i];
        if (!l->files.len)
            continue;
        struct source_unit *u = VEC_ADD(&s->units);
        u->table = t->name;
        u->format = (enum engine_format)i;
        u->file_count = u->mark_count = l->files.len;
        u->files = VEC_COPY(s->arena, &l->files);
        u->marks = VEC_COPY(s->arena, &l->marks);
        u->bytes = l->bytes;
        VEC_FREE(&l->files);
        VEC_FREE(&l->marks);
    }
}

static bool is_delta(struct arena *a, const char *path) { return path_is_dir(path_join(a, path, "_delta_log")); }

static void visit_table(struct scan *s, const char *name, const char *path, const char *file)
{
    struct table t = {.name = name};
    if (is_delta(s->arena, path))
        visit_delta(s, &t, path, file);
    else
        visit_dir(s, &t, path, file, 0);
    end_table(s, &t);
}

static void visit_schema(struct scan *s, const char *schema, const char *path)
{
    char **names;
    size_t count;
    struct error e = {0};
    if (dir_list(path, &names, &count, &e)) {
        finding(s, "unreadable", NULL, schema, "%s; the tables below it are missing until it can be read", e.what);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_data_name(names[i]) && !str_starts(names[i], "__"))
            continue;
        const char *below = arena_printf(s->arena, "%s/%s", schema, names[i]), *full = path_join(s->arena, path, names[i]);
        if (leads_out(s, NULL, full, below))
            continue;
        if (path_is_dir(full))
            visit_table(s, below, full, below);
        else
            finding(s, "unknown_format", NULL, below, "%s lies outside of a table folder <schema>/<table>/ and is left out", below);
    }
    dir_list_free(names, count);
}

/* True when the folder's own entries are data of a table, or those of folders in it: of any (deep), else of partitions only
 * (name=value), so that a source is not taken for a table because of the tables in it. */
static bool holds_data(struct arena *a, const char *path, bool deep, int depth)
{
    char **names;
    size_t count;
    bool found = is_delta(a, path);
    if (found || dir_list(path, &names, &count, NULL))
        return found;
    for (size_t i = 0; i < count && !found; i++) {
        enum engine_format format;
        bool packed;
        const char *full = path_join(a, path, names[i]);
        if (!is_data_name(names[i]))
            continue;
        if (!path_is_dir(full))
            found = format_of(names[i], &format, &packed);
        else if (depth < MAX_DEPTH && (deep || strchr(names[i], '=')))
            found = holds_data(a, full, deep, depth + 1);
    }
    dir_list_free(names, count);
    return found;
}

/* True when there is a <schema>/<table>/ with data. */
static bool holds_tables(struct arena *a, const char *path)
{
    char **schemas;
    size_t count;
    bool found = false;
    if (dir_list(path, &schemas, &count, NULL))
        return false;
    for (size_t i = 0; i < count && !found; i++) {
        const char *schema = path_join(a, path, schemas[i]);
        char **tables;
        size_t table_count;
        if (!path_is_dir(schema) || dir_list(schema, &tables, &table_count, NULL))
            continue;
        for (size_t j = 0; j < table_count && !found; j++) {
            const char *table = path_join(a, schema, tables[j]);
            found = is_data_name(tables[j]) && path_is_dir(table) && holds_data(a, table, true, 0);
        }
        dir_list_free(tables, table_count);
    }
    dir_list_free(schemas, count);
    return found;
}

/* True when the source is one table itself. */
static bool is_table(struct arena *a, const char *path)
{
    return is_delta(a, path) || (holds_data(a, path, false, 0) && !holds_tables(a, path));
}

/* "query/history" of ".../query/history": the name of a source that is one table itself. */
static const char *own_table_name(struct arena *a, const char *path)
{
    char *copy = arena_strdup(a, path);
    for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--)
        copy[n - 1] = '\0';
    char *last = strrchr(copy, '/');
    if (!last || last == copy)
        return last ? last + 1 : copy;
    *last = '\0';
    char *schema = strrchr(copy, '/');
    *last = '/';
    return schema ? schema + 1 : copy;
}

static int compare_units(const void *x, const void *y)
{
    const struct source_unit *a = x, *b = y;
    int c = strcmp(a->table, b->table);
    return c ? c : (int)a->format - (int)b->format;
}

static void report_vanished(struct scan *s)
{
    for (size_t i = 0; i < s->marks.len; i++) {
        const struct source_mark *m = s->marks.entries[i].key ? s->marks.entries[i].value : NULL;
        bool unreadable = false;
        for (size_t j = 0; m && j < s->findings.len && !unreadable; j++) {
            const struct source_finding *f = &s->findings.items[j];
            unreadable = str_eq(f->kind, "unreadable") && f->file && str_starts(m->file, f->file);
        }
        if (m && !unreadable)
            finding(s, "file_vanished", m->table, m->file, "%s was loaded before and is gone; its rows stay", m->file);
    }
}

static int walk(struct scan *s, struct error *err)
{
    const char *root = s->spec->path;
    char **names;
    size_t count;
    int rc = dir_list(root, &names, &count, err);
    if (rc)
        return rc;
    if (is_table(s->arena, root)) {
        visit_table(s, own_table_name(s->arena, root), root, is_delta(s->arena, root) ? "." : "");
    } else {
        for (size_t i = 0; i < count; i++) {
            const char *path = path_join(s->arena, root, names[i]), *schema = arena_strdup(s->arena, names[i]);
            if (!is_data_name(names[i]) && !str_starts(names[i], "__"))
                continue;
            if (leads_out(s, NULL, path, schema))
                continue;
            if (path_is_dir(path))
                visit_schema(s, schema, path);
            else if (!is_about_the_lake(names[i]))
                finding(s, "unknown_format", NULL, schema, "%s lies outside of a table folder <schema>/<table>/ and is left out", schema);
        }
    }
    dir_list_free(names, count);
    return 0;
}

int folder_scan(const struct source_spec *spec, const struct source_mark *marks, size_t mark_count, struct arena *a,
                struct source_scan *ret, struct error *err)
{
    struct scan s = {.spec = spec, .arena = a};
    for (size_t i = 0; i < mark_count; i++)
        map_set(&s.marks, mark_key(a, marks[i].table, marks[i].file), (void *)(uintptr_t)&marks[i]);
    char *real = path_real(spec->path);
    s.root = arena_strdup(a, real ? real : spec->path);
    free(real);
    int rc = walk(&s, err);
    if (!rc) {
        report_vanished(&s);
        if (!s.tables)
            finding(&s, "no_tables", NULL, NULL, "%s holds no table folder <schema>/<table>/, such as query/history/", spec->path);
        if (s.units.len)
            qsort(s.units.items, s.units.len, sizeof(*s.units.items), compare_units);
        *ret = (struct source_scan){.unit_count = s.units.len, .finding_count = s.findings.len};
        ret->units = VEC_COPY(a, &s.units);
        ret->findings = VEC_COPY(a, &s.findings);
    }
    map_free(&s.marks);
    VEC_FREE(&s.units);
    VEC_FREE(&s.findings);
    return rc;
}

bool folder_detect(const char *path)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    return is_table(a, path) || holds_tables(a, path);
}
