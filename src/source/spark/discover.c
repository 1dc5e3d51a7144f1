#include "source/spark/discover.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "source/spark/spark.h"

#define DEPTH_MAX 8 /* folders below the source */
#define DETECT_DEPTH_MAX 4
#define DETECT_FILES_MAX 500
#define OTHER_FILES_NAMED 10 /* findings about files that are no event logs; the rest is counted */

struct part_file {
    const char *path;
    int64_t number, size;
    bool compact;
};

struct walk {
    const struct source_spec *spec;
    const struct source_mark *marks;
    size_t mark_count;
    bool *mark_seen;
    struct arena *a;
    VEC(struct source_unit) units;
    VEC(struct source_finding) findings;
    size_t others;
};

static void PRINTF_LIKE(4, 5) finding(struct walk *w, const char *kind, const char *file, const char *fmt, ...)
{
    struct source_finding *f = VEC_ADD(&w->findings);
    f->kind = kind;
    f->table = "spark";
    f->file = file ? arena_strdup(w->a, file) : NULL;
    va_list args;
    va_start(args, fmt);
    vsnprintf(f->text, sizeof(f->text), fmt, args);
    va_end(args);
}

static const struct source_mark *find_mark(struct walk *w, const char *file)
{
    for (size_t i = 0; i < w->mark_count; i++)
        if (str_eq(w->marks[i].table, "spark") && str_eq(w->marks[i].file, file)) {
            w->mark_seen[i] = true;
            return &w->marks[i];
        }
    return NULL;
}

/* The name of a log below the source: the same before and after its application ends. */
static char *log_name(struct walk *w, const char *relative)
{
    static const char ending[] = ".inprogress";
    size_t len = strlen(relative);
    if (str_ends(relative, ending))
        len -= sizeof(ending) - 1;
    return arena_strndup(w->a, relative, len);
}

/* ---- units ------------------------------------------------------------------------------------------ */

/* parts in the order in which they are read, the first beginning at the mark. */
static void add_unit(struct walk *w, const char *file, const struct part_file *parts, size_t count, const struct source_mark *mark,
                     bool growing)
{
    int64_t from = mark ? mark->offset : 0;
    struct source_unit *u = VEC_ADD(&w->units);
    u->table = "spark";
    u->format = ENGINE_JSONL;
    u->log = arena_printf(w->a, "%s/%s", w->spec->name ? w->spec->name : "spark", file);
    u->file_count = count;
    u->files = arena_alloc(w->a, count * sizeof(*u->files));
    for (size_t i = 0; i < count; i++) {
        int64_t begin = parts[i].number << SPARK_PART_SHIFT;
        u->files[i].path = parts[i].path;
        u->files[i].from_offset = i == 0 && from > begin ? from : begin;
        u->files[i].to_offset = -1;
        u->files[i].to_version = growing && i + 1 == count;
        u->bytes += parts[i].size;
    }
    u->mark_count = 1;
    u->marks = arena_alloc(w->a, sizeof(*u->marks));
    u->marks[0] = (struct source_mark){"spark", file, mark ? mark->size : SPARK_NEVER_READ, from, -1};
}

/* False, with a finding, when the file holds no event log that can be read. */
static bool usable(struct walk *w, const char *path, const char *relative, bool first_part, bool growing)
{
    enum unpack_codec codec;
    const char *what = "";
    struct error err;
    switch (sniff(path, first_part, &codec, &what, &err)) {
    case SNIFF_LOG:
        return true;
    case SNIFF_EMPTY:
        return false;
    case SNIFF_CODEC:
        finding(
            w, "unknown_format", relative,
            "The log is compressed with %s, which is not read; set spark.eventLog.compression.codec to zstd, or spark.eventLog.compress to false.",
            what);
        return false;
    case SNIFF_UNREADABLE:
        finding(w, "unreadable", relative, "%s; the other logs were loaded.", err.what);
        return false;
    case SNIFF_OTHER:
        break;
    }
    if (!growing && w->others++ < OTHER_FILES_NAMED)
        finding(w, "unknown_format", relative, "The file is no event log of Spark (its first line is no event) and was left out.");
    return false;
}

static void scan_file(struct walk *w, const char *path, const char *relative, int64_t size)
{
    bool growing = str_ends(relative, ".inprogress");
    const char *file = log_name(w, relative);
    const struct source_mark *mark = find_mark(w, file);
    if (mark && size == mark->size)
        return;
    if (mark && size < mark->size) {
        finding(w, "file_changed", file,
                "The log had %lld bytes when it was loaded and has %lld now; its rows stay, nothing new is read from it.",
                (long long)mark->size, (long long)size);
        return;
    }
    if (!mark && !usable(w, path, relative, true, growing))
        return;
    struct part_file part = {path, 0, size, false};
    add_unit(w, file, &part, 1, mark, growing);
}

/* ---- rolling folders -------------------------------------------------------------------------------- */

static int by_number(const void *x, const void *y)
{
    const struct part_file *a = x, *b = y;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return (int)b->compact - (int)a->compact; /* the compacted file of the same number first */
}

/* A compacted file stands for every part up to its number. It is read only when one of them is gone before it was read. */
static size_t choose_parts(struct part_file *parts, size_t count, int64_t mark_part)
{
    size_t compact = count;
    for (size_t i = 0; i < count; i++)
        if (parts[i].compact)
            compact = i;
    if (compact == count)
        return count;
    int64_t upto = parts[compact].number, wanted = mark_part < 1 ? 1 : mark_part, originals = 0;
    for (size_t i = 0; i < count; i++)
        originals += !parts[i].compact && parts[i].number >= wanted && parts[i].number <= upto;
    bool use_compact = mark_part < upto && originals < upto - wanted + 1;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool covered = parts[i].number <= upto && !parts[i].compact;
        if (use_compact ? !covered && !(parts[i].compact && i != compact) : !parts[i].compact)
            parts[kept++] = parts[i];
    }
    return kept;
}

static size_t list_parts(struct walk *w, const char *path, char **names, size_t name_count, struct part_file *parts)
{
    size_t count = 0;
    for (size_t i = 0; i < name_count; i++) {
        struct part_file p = {0};
        struct stat st;
        if (!rolling_part(names[i], &p.number, &p.compact))
            continue;
        p.path = path_join(w->a, path, names[i]);
        if (stat(p.path, &st) != 0 || !S_ISREG(st.st_mode))
            continue;
        p.size = st.st_size;
        parts[count++] = p;
    }
    qsort(parts, count, sizeof(*parts), by_number);
    return count;
}

/* What of the parts is new, as compared with the mark; 0 when nothing is. */
static size_t new_parts(struct walk *w, const char *file, struct part_file *parts, size_t count, const struct source_mark *mark)
{
    int64_t mark_part = mark ? mark->offset >> SPARK_PART_SHIFT : -1;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].number < mark_part)
            continue;
        if (parts[i].number == mark_part && !parts[i].compact && parts[i].size < mark->size) {
            finding(w, "file_changed", file, "Part %lld had %lld bytes when it was loaded and has %lld now; its rows stay.",
                    (long long)mark_part, (long long)mark->size, (long long)parts[i].size);
            continue;
        }
        parts[kept++] = parts[i];
    }
    if (kept == 1 && mark && parts[0].number == mark_part && parts[0].size == mark->size)
        return 0;
    return kept;
}

static void scan_rolling(struct walk *w, const char *path, const char *relative, char **names, size_t name_count)
{
    bool growing = false;
    for (size_t i = 0; i < name_count; i++)
        growing |= str_starts(names[i], "appstatus_") && str_ends(names[i], ".inprogress");
    const struct source_mark *mark = find_mark(w, relative);
    struct part_file *parts CLEANUP(free_ptr) = xcalloc(name_count, sizeof(*parts));
    size_t count = list_parts(w, path, names, name_count, parts);
    count = choose_parts(parts, count, mark ? mark->offset >> SPARK_PART_SHIFT : -1);
    count = new_parts(w, relative, parts, count, mark);
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        const char *name = strrchr(parts[i].path, '/') + 1;
        if (parts[i].size == 0 && i + 1 == count)
            count--;
        else if (!usable(w, parts[i].path, arena_printf(w->a, "%s/%s", relative, name), false, growing))
            count = i; /* what follows waits until this part can be read */
    }
    if (count)
        add_unit(w, relative, parts, count, mark, growing);
}

/* ---- walking ------------------------------------------------------------------------------------------ */

static bool uninteresting(const char *name) { return name[0] == '.' || name[0] == '_' || str_ends(name, ".crc"); }

static bool has_name(char **names, size_t count, const char *name, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return true;
    return false;
}

/* While Spark renames `app.inprogress` both may be seen: the finished one counts. */
static bool finished_beside(char **names, size_t count, const char *name)
{
    size_t len = strlen(name);
    return str_ends(name, ".inprogress") && has_name(names, count, name, len - strlen(".inprogress"));
}

static void walk_folder(struct walk *w, const char *path, const char *relative, unsigned depth);

static void walk_entry(struct walk *w, const char *path, const char *relative, unsigned depth)
{
    struct stat st;
    if (lstat(path, &st) != 0 || (S_ISLNK(st.st_mode) && (stat(path, &st) != 0 || S_ISDIR(st.st_mode)))) {
        finding(w, "unreadable", relative, "The file cannot be read (%s); the other logs were loaded.",
                errno ? strerror(errno) : "a link to a folder");
        return;
    }
    if (S_ISDIR(st.st_mode))
        walk_folder(w, path, relative, depth + 1);
    else if (S_ISREG(st.st_mode) && st.st_size > 0)
        scan_file(w, path, relative, st.st_size);
}

static void walk_folder(struct walk *w, const char *path, const char *relative, unsigned depth)
{
    char **names = NULL;
    size_t count = 0;
    struct error err;
    if (depth > DEPTH_MAX) {
        finding(w, "unreadable", relative, "The folder lies more than %d folders deep and was left out; name it as a source of its own.",
                DEPTH_MAX);
        return;
    }
    if (dir_list(path, &names, &count, &err) != 0) {
        finding(w, "unreadable", relative, "%s; the other logs were loaded.", err.what);
        return;
    }
    const char *base = strrchr(path, '/');
    if (str_starts(base ? base + 1 : path, "eventlog_v2_")) {
        scan_rolling(w, path, *relative ? relative : arena_strdup(w->a, base + 1), names, count);
    } else {
        for (size_t i = 0; i < count; i++) {
            if (uninteresting(names[i]) || finished_beside(names, count, names[i]))
                continue;
            errno = 0;
            walk_entry(w, path_join(w->a, path, names[i]), *relative ? path_join(w->a, relative, names[i]) : arena_strdup(w->a, names[i]),
                       depth);
        }
    }
    dir_list_free(names, count);
}

static int by_log(const void *x, const void *y)
{
    return strcmp(((const struct source_unit *)x)->log, ((const struct source_unit *)y)->log);
}

static void *to_arena(struct arena *a, const void *items, size_t bytes)
{
    void *copy = arena_alloc(a, bytes);
    if (bytes)
        memcpy(copy, items, bytes);
    return copy;
}

int spark_scan(const struct source_spec *spec, const struct source_mark *marks, size_t mark_count, struct arena *a, struct source_scan *ret,
               struct error *err)
{
    char **names = NULL;
    size_t count = 0;
    int status = dir_list(spec->path, &names, &count, err);
    if (status != 0)
        return status;
    dir_list_free(names, count);
    bool *seen CLEANUP(free_ptr) = xcalloc(mark_count, sizeof(*seen));
    struct walk w = {.spec = spec, .marks = marks, .mark_count = mark_count, .mark_seen = seen, .a = a};
    walk_folder(&w, spec->path, "", 0);
    for (size_t i = 0; i < mark_count; i++)
        if (!seen[i] && str_eq(marks[i].table, "spark"))
            finding(&w, "file_vanished", marks[i].file, "The log was loaded and is gone now; its rows stay.");
    if (w.others > OTHER_FILES_NAMED)
        finding(&w, "unknown_format", NULL, "%zu more files are no event logs of Spark and were left out.", w.others - OTHER_FILES_NAMED);
    if (w.units.len)
        qsort(w.units.items, w.units.len, sizeof(*w.units.items), by_log);
    ret->units = to_arena(a, w.units.items, w.units.len * sizeof(*w.units.items));
    ret->unit_count = w.units.len;
    ret->findings = to_arena(a, w.findings.items, w.findings.len * sizeof(*w.findings.items));
    ret->finding_count = w.findings.len;
    VEC_FREE(&w.units);
    VEC_FREE(&w.findings);
    return 0;
}

/* ---- what kind of folder is this ------------------------------------------------------------------------ */

static bool detect(struct arena *a, const char *path, unsigned depth, size_t *budget)
{
    char **names = NULL;
    size_t count = 0;
    struct error err;
    if (depth > DETECT_DEPTH_MAX || dir_list(path, &names, &count, &err) != 0)
        return false;
    bool found = false;
    for (size_t i = 0; i < count && !found && *budget > 0; i++) {
        const char *child = path_join(a, path, names[i]);
        struct stat st;
        if (uninteresting(names[i]) || lstat(child, &st) != 0)
            continue;
        (*budget)--;
        enum unpack_codec codec;
        const char *what;
        int64_t number;
        bool compact;
        if (S_ISDIR(st.st_mode))
            found = detect(a, child, depth + 1, budget);
        else if (S_ISREG(st.st_mode) && st.st_size > 0)
            found = str_ends(names[i], ".parquet")
                        ? false
                        : rolling_part(names[i], &number, &compact) || sniff(child, true, &codec, &what, &err) == SNIFF_LOG;
    }
    dir_list_free(names, count);
    return found;
}

bool spark_detect(const char *path)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    size_t budget = DETECT_FILES_MAX;
    return detect(a, path, 0, &budget);
}
