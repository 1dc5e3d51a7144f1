#include <stdlib.h>
#include <sys/stat.h>

#include "source/spark/discover.h"
#include "source/spark/emit.h"
#include "source/spark/events.h"
#include "source/spark/spark.h"
#include "source/spark/stream.h"

extern const char source_sql_drop_compacted_tasks[]; /* sql/drop_compacted_tasks.sql */

#define BAD_LINES_NAMED 20
#define PROGRESS_NS (100 * 1000 * 1000)

struct landing {
    const struct source_unit *unit;
    const struct cancel *cancel;
    struct stream_part *parts;
    int64_t *sizes; /* of the parts, before they were read */
    struct emit emit;
    struct event_reader *reader;
    struct source_landed total;
    VEC(struct source_finding) findings;
    struct source_mark mark;
};

static void PRINTF_LIKE(3, 4) finding(struct landing *l, const char *kind, const char *fmt, ...)
{
    struct source_finding *f = VEC_ADD(&l->findings);
    f->kind = kind;
    f->table = "spark";
    f->file = l->mark.file;
    va_list args;
    va_start(args, fmt);
    vsnprintf(f->text, sizeof(f->text), fmt, args);
    va_end(args);
}

static const char *part_name(const struct landing *l, size_t part)
{
    const char *slash = strrchr(l->parts[part].path, '/');
    return slash ? slash + 1 : l->parts[part].path;
}

static long long offset_in(int64_t position) { return (long long)(position & ((INT64_C(1) << SPARK_PART_SHIFT) - 1)); }

static void bad_line(struct landing *l, size_t part, int64_t position, const char *why)
{
    if (l->total.bad_lines++ < BAD_LINES_NAMED)
        finding(l, "bad_line", "The line at byte %lld of %s is left out: %s.", offset_in(position), part_name(l, part), why);
}

static bool one_line(struct landing *l, size_t part, int64_t position, char *line, size_t len)
{
    l->emit.position = position;
    enum event_result result = len > LIMIT_LOG_LINE_BYTES ? EVENT_BAD : event_line(l->reader, &l->emit, line, len);
    if (result == EVENT_BAD)
        bad_line(l, part, position, len > LIMIT_LOG_LINE_BYTES ? "it is too long" : event_problem(l->reader));
    l->total.events += result == EVENT_LANDED;
    l->total.lines++;
    return l->emit.status == 0;
}

static void advance(struct landing *l, size_t part, int64_t position)
{
    l->mark.offset = position;
    l->mark.size = l->sizes[part];
}

static void whole_lines(struct landing *l, struct stream_block *b)
{
    char *line = b->data, *end = b->data + b->len;
    while (line < end) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        if (!one_line(l, b->part, b->position + (line - b->data), line, (size_t)(newline - line)))
            return;
        line = newline + 1;
    }
    advance(l, b->part, b->position + (int64_t)b->len);
}

static bool last_of_growing(const struct landing *l, size_t part)
{
    return part + 1 == l->unit->file_count && l->unit->files[part].to_version;
}

/* A last line without its end: complete JSON is as good as a line, the rest is left for next time if there may be one. */
static void tail(struct landing *l, struct stream_block *b)
{
    l->emit.position = b->position;
    bool last = b->part + 1 == l->unit->file_count;
    const char *first = b->data;
    bool complete = b->len > 1 && first[0] == '{' && b->data[b->len - 1] == '}' &&
                    event_line(l->reader, &l->emit, b->data, b->len) != EVENT_BAD;
    if (complete) {
        l->total.events++;
        l->total.lines++;
    }
    if (complete || !last)
        advance(l, b->part, b->position + (int64_t)b->len);
    if (complete)
        return;
    if (!last)
        bad_line(l, b->part, b->position, "the line breaks off");
    else if (!last_of_growing(l, b->part))
        finding(l, "truncated", "%s ends in the middle of a line at byte %lld; that line is read when the rest is there.",
                part_name(l, b->part), offset_in(b->position));
}

static void part_broken(struct landing *l, struct stream_block *b)
{
    if (b->kind == STREAM_TRUNCATED && last_of_growing(l, b->part))
        return;
    if (b->kind == STREAM_TRUNCATED)
        finding(l, "truncated", "%s is cut off: it was read up to byte %lld of its text.", part_name(l, b->part), offset_in(b->position));
    else
        finding(l, "truncated", "%s is damaged (%s): it was read up to byte %lld of its text.", part_name(l, b->part), b->text,
                offset_in(b->position));
}

/* One block; false at the end. */
static bool take(struct landing *l, struct stream_block *b)
{
    switch (b->kind) {
    case STREAM_LINES:
        whole_lines(l, b);
        l->total.bytes += (int64_t)b->len;
        return true;
    case STREAM_TAIL:
        tail(l, b);
        l->total.bytes += (int64_t)b->len;
        return true;
    case STREAM_TOO_LONG:
        bad_line(l, b->part, b->position, "it is longer than 256 MiB");
        l->total.lines++;
        return true;
    case STREAM_PART_END:
        l->mark.size = l->sizes[b->part];
        return true;
    case STREAM_TRUNCATED:
    case STREAM_DAMAGED:
        part_broken(l, b);
        l->mark.size = l->sizes[b->part];
        return true;
    case STREAM_UNREADABLE:
        finding(l, "unreadable", "%s; the rest of the log waits for it.", b->text);
        return false;
    case STREAM_END:
        return false;
    }
    return false;
}

static void log_row(struct landing *l, const struct source_spec *spec)
{
    struct emit *e = &l->emit;
    e->position = 0;
    struct engine_loader *row = emit_row(e, SPARK_T_LOG);
    if (!row)
        return;
    put_str(row, LOG_source_name, spec->name);
    put_str(row, LOG_path, l->mark.file);
    put_str(row, LOG_account_id, spec->account_id);
    put_str(row, LOG_workspace_id, spec->workspace_id);
    emit_row_end(e, row);
}

static void prepare_parts(struct landing *l)
{
    size_t count = l->unit->file_count;
    l->parts = xcalloc(count, sizeof(*l->parts));
    l->sizes = xcalloc(count, sizeof(*l->sizes));
    for (size_t i = 0; i < count; i++) {
        const struct engine_file *f = &l->unit->files[i];
        struct stat st;
        struct error ignored;
        const char *what;
        l->parts[i] = (struct stream_part){f->path, UNPACK_PLAIN, f->from_offset >> SPARK_PART_SHIFT, offset_in(f->from_offset)};
        l->sizes[i] = stat(f->path, &st) == 0 ? st.st_size : 0;
        sniff(f->path, false, &l->parts[i].codec, &what, &ignored);
    }
}

static int run(struct landing *l, void (*progress)(void *context, int64_t bytes), void *context, struct error *err)
{
    struct stream *s = stream_open(l->parts, l->unit->file_count, LIMIT_LOG_LINE_BYTES, l->cancel);
    if (!s)
        return error_set(err, ERROR_LIMIT, "cannot start a thread to read %s", l->unit->log);
    int64_t told = clock_mono_ns();
    bool more = true;
    while (more && l->emit.status == 0 && !cancelled(l->cancel)) {
        struct stream_block *b = stream_next(s);
        if (cancelled(l->cancel))
            break;
        more = take(l, b);
        if (progress && clock_mono_ns() - told > PROGRESS_NS) {
            progress(context, stream_bytes_read(s));
            told = clock_mono_ns();
        }
    }
    if (progress)
        progress(context, stream_bytes_read(s));
    stream_close(s);
    if (l->emit.status == 0 && cancelled(l->cancel))
        return error_set(err, ERROR_INTERRUPTED, "reading %s was interrupted", l->unit->log);
    return l->emit.status;
}

/* A compacted part after others of its log: it repeats what was read of those. */
static bool compacted_again(const struct source_unit *unit)
{
    return unit->marks[0].offset > 0 && str_ends(unit->files[0].path, ".compact");
}

static int drop_compacted_tasks(const struct source_unit *unit, struct engine_conn *c, struct error *err)
{
    const struct engine_param params[] = {
        {"log", {.type = ENGINE_TEXT, .text = unit->log}},
        {"position", {.type = ENGINE_I64, .i = unit->files[0].from_offset}},
    };
    return engine_exec(c, &(struct engine_stmt){.sql = source_sql_drop_compacted_tasks, .params = params, .param_count = ARRAY_LEN(params)},
                       NULL, err);
}

int spark_land(const struct source_spec *spec, struct source_unit *unit, struct engine_conn *c, const struct cancel *cancel,
               void (*progress)(void *context, int64_t bytes), void *context, struct arena *a, struct source_landed *ret, struct error *err)
{
    struct landing l = {.unit = unit, .cancel = cancel, .mark = unit->marks[0]};
    prepare_parts(&l);
    emit_init(&l.emit, c, unit->log, err);
    l.reader = event_reader_new();
    if (l.mark.size == SPARK_NEVER_READ) {
        log_row(&l, spec);
        l.mark.size = 0;
    }
    int status = run(&l, progress, context, err);
    if (status == 0)
        status = emit_finish(&l.emit);
    else
        emit_abort(&l.emit);
    if (status == 0 && compacted_again(unit))
        status = drop_compacted_tasks(unit, c, err);
    if (status == 0) {
        if (l.total.bad_lines > BAD_LINES_NAMED)
            finding(&l, "bad_line", "%lld more lines are left out.", (long long)(l.total.bad_lines - BAD_LINES_NAMED));
        *ret = l.total;
        ret->finding_count = l.findings.len;
        ret->findings = VEC_COPY(a, &l.findings);
        unit->marks[0] = l.mark;
    } else {
        error_add_where(err, "%s", unit->log);
    }
    event_reader_free(l.reader);
    VEC_FREE(&l.findings);
    free(l.parts);
    free(l.sizes);
    return status;
}
