#include "cli/command.h"

#include <inttypes.h>
#include <unistd.h>
#include <yyjson.h>

/* Shows the progress of a run: one line that changes on a terminal, otherwise a line for each step that had something to do. */

struct follower {
    FILE *out;
    bool terminal;
    char state[32], error[1024];
    int64_t steps, busy, changed, rejected;
};

static int64_t count_of(yyjson_val *e, const char *name) { return (int64_t)yyjson_get_num(yyjson_obj_get(e, name)); }

/* Counts a step that has ended well. True when it had rows to look at. */
static bool count_step(struct follower *f, yyjson_val *e)
{
    int64_t changed = count_of(e, "rows_changed"), rejected = count_of(e, "rows_rejected");
    bool busy = changed || rejected || count_of(e, "rows_in");
    f->steps++;
    f->busy += busy;
    f->changed += changed;
    f->rejected += rejected;
    return busy;
}

static void print_step(struct follower *f, yyjson_val *e, const char *state)
{
    double done = yyjson_get_num(yyjson_obj_get(e, "done")), total = yyjson_get_num(yyjson_obj_get(e, "total"));
    const char *step = yyjson_get_str(yyjson_obj_get(e, "step")), *error = yyjson_get_str(yyjson_obj_get(e, "error"));
    bool tell = !error && !str_eq(state, "running") && count_step(f, e);
    if (error)
        fprintf(f->out, "%s%s failed: %s\n", f->terminal ? "\r\033[K" : "", step ? step : "", error);
    if (f->terminal) {
        int width = 24, filled = total > 0 ? (int)(done / total * width) : 0;
        fprintf(f->out, "\r\033[K[%.*s%*s] %3.0f/%.0f %s", filled, "########################", width - filled, "", done, total,
                step ? step : "");
    } else if (tell) {
        fprintf(f->out, "%s: %s, %" PRId64 " in, %" PRId64 " changed, %" PRId64 " rejected\n", step ? step : "", state,
                count_of(e, "rows_in"), count_of(e, "rows_changed"), count_of(e, "rows_rejected"));
    }
    fflush(f->out);
}

static void on_event(void *context, const char *json, size_t len)
{
    struct follower *f = context;
    yyjson_doc *doc = yyjson_read(json, len, 0);
    yyjson_val *e = yyjson_doc_get_root(doc);
    const char *kind = yyjson_get_str(yyjson_obj_get(e, "event")), *state = yyjson_get_str(yyjson_obj_get(e, "state"));
    const char *error = yyjson_get_str(yyjson_obj_get(e, "error"));
    if (str_eq(kind, "step") && state)
        print_step(f, e, state);
    if (str_eq(kind, "run") && state) {
        snprintf(f->state, sizeof(f->state), "%s", state);
        snprintf(f->error, sizeof(f->error), "%s", error ? error : "");
    }
    yyjson_doc_free(doc);
}

static int result_of(const struct follower *f, int64_t run_id, struct error *err)
{
    if (str_eq(f->state, "succeeded"))
        return 0;
    int kind = str_eq(f->state, "partial") ? ERROR_PARTIAL : str_eq(f->state, "cancelled") ? ERROR_INTERRUPTED : ERROR_ENGINE;
    error_set(err, (enum error_kind)kind, "run %lld ended %s%s%s", (long long)run_id, *f->state ? f->state : "without an answer",
              *f->error ? ": " : "", f->error);
    if (kind == ERROR_PARTIAL)
        error_hint(err, "the other tables are up to date; `secchi status` names what failed");
    if (kind == ERROR_INTERRUPTED)
        error_hint(err, "nothing half-done stays; run it again to go on");
    return kind;
}

int cli_follow_run(struct cli *cli, struct client *client, const char *request_json, struct error *err)
{
    const char *answer;
    struct follower f = {.out = stderr, .terminal = cli_is_terminal(STDERR_FILENO)};
    int rc = client_get(client, "POST", "/api/v1/runs", request_json, cli->arena, &answer, err);
    if (rc)
        return rc;
    yyjson_doc *doc = yyjson_read(answer, strlen(answer), 0);
    int64_t run_id = yyjson_get_sint(yyjson_obj_get(yyjson_doc_get_root(doc), "run_id"));
    yyjson_doc_free(doc);
    rc = client_events(client, run_id, on_event, &f, &cli->cancel, err);
    if (f.terminal)
        fprintf(f.out, "\r\033[K");
    if (rc && rc != ERROR_INTERRUPTED)
        return rc;
    rc = result_of(&f, run_id, err);
    if (!rc)
        printf("run %" PRId64 " succeeded: %" PRId64 " of %" PRId64 " steps had work, %" PRId64 " rows changed, %" PRId64 " rejected\n",
               run_id, f.busy, f.steps, f.changed, f.rejected);
    return rc;
}
