#include "pack/load.h"

/* cost/: each file one SELECT. bill.sql tells what every usage record costs, every other one to what records are attributed. */

/* The words after `-- start` in the lines of comment before the statement; NULL: no line has it. start "": the first line. */
static const char *comment_line(struct arena *a, const char *text, const char *start)
{
    for (const char *line = text; str_starts(line, "-- "); line += strcspn(line, "\n") + 1) {
        if (strncmp(line + 3, start, strlen(start)) == 0) {
            const char *words = line + 3 + strlen(start);
            return arena_strndup(a, words, strcspn(words, "\r\n"));
        }
        if (!line[strcspn(line, "\n")])
            break;
    }
    return NULL;
}

/* A later pack may replace an earlier one's only when it says so. */
static void enter(struct pack_loader *l, const struct pack_attribution *p)
{
    for (size_t i = 0; i < l->attributions.len; i++) {
        struct pack_attribution *old = &l->attributions.items[i];
        if (!str_eq(old->name, p->name))
            continue;
        if (l->override && !str_eq(old->pack, p->pack))
            *old = *p;
        else
            pack_fault(l, p->file, (struct sql_pos){p->line, 1},
                       arena_printf(l->arena, "the attribution '%s' stands in %s as well", p->name, old->file),
                       "rename it, or say `override: true` in the pack.yaml of the pack that is to win");
        return;
    }
    *VEC_ADD(&l->attributions) = *p;
}

static void read_attribution(struct pack_loader *l, const char *path, const char *stem, const char *text, size_t len)
{
    struct error err;
    struct sql_statement *s;
    size_t count;
    struct pack_attribution p = {.pack = l->pack, .file = path, .name = stem};
    int rc = sql_split(l->arena, text, len, 1, &s, &count, &err);
    if (!rc && (count != 1 || s->kind != SQL_SELECT)) {
        pack_fault(l, path, count ? s[count > 1].pos : (struct sql_pos){1, 1}, "a file of cost/ must hold one SELECT", NULL);
        return;
    }
    if (!rc)
        rc = sql_references(l->arena, s->text, s->len, s->pos.line, &p.references, &err);
    if (rc) {
        error_add_where(&err, "%s", path);
        pack_note(l, &err);
        return;
    }
    p.sql = arena_strndup(l->arena, s->text, s->len);
    p.line = s->pos.line;
    p.title = comment_line(l->arena, text, "");
    p.unattributed = comment_line(l->arena, text, "Unattributed: ");
    if (!p.title || (!p.unattributed && !str_eq(stem, PACK_BILL)))
        pack_fault(l, path, (struct sql_pos){1, 1},
                   "a file of cost/ begins with a line `-- Title` and has one `-- Unattributed: what is left over`", NULL);
    else
        enter(l, &p);
}

void pack_read_attributions(struct pack_loader *l) { pack_each_file(l, "cost", ".sql", LIMIT_SQL_BYTES, read_attribution); }

const struct pack_attribution *pack_find_attribution(const struct pack_catalogue *c, const char *name)
{
    for (size_t i = 0; i < c->attribution_count; i++)
        if (str_eq(c->attributions[i].name, name))
            return &c->attributions[i];
    return NULL;
}
