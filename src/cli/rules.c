#include "cli/command.h"

#include <yyjson.h>

static const char *text_of(yyjson_val *object, const char *key)
{
    const char *text = yyjson_get_str(yyjson_obj_get(object, key));
    return text ? text : "-";
}

static const char *count_of(struct cli *cli, yyjson_val *rule)
{
    yyjson_val *failed = yyjson_obj_get(rule, "rows_failed");
    return yyjson_is_int(failed) ? arena_printf(cli->arena, "%lld", (long long)yyjson_get_sint(failed)) : "-";
}

static int list(struct cli *cli, struct error *err)
{
    yyjson_doc *doc;
    int rc = cli_ask(cli, "GET", "/api/v1/rules", NULL, &doc, err);
    if (rc)
        return rc;
    yyjson_val *r;
    size_t i, n;
    printf("%-58s %-9s %-8s %-14s %-7s %s\n", "rule", "severity", "enabled", "changed by", "failed", "condition");
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "rules"), i, n, r)
    {
        printf("%-58s %-9s %-8s %-14s %-7s %s\n", text_of(r, "rule_id"), text_of(r, "severity"),
               yyjson_get_bool(yyjson_obj_get(r, "enabled")) ? "yes" : "no", text_of(r, "updated_by"), count_of(cli, r),
               text_of(r, "constraint"));
    }
    yyjson_doc_free(doc);
    return 0;
}

static bool plain(const char *name) { return name[0] && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")]; }

static int path_of(struct cli *cli, const char **ret, struct error *err)
{
    if (cli->argument_count != 3 || !plain(cli->arguments[1]) || !plain(cli->arguments[2])) {
        error_set(err, ERROR_USAGE, "secchi rules %s needs a bronze table and the name of a rule", cli->arguments[0]);
        error_hint(err, "`secchi rules list` shows them, joined by a point");
        return ERROR_USAGE;
    }
    *ret = arena_printf(cli->arena, "/api/v1/rules/%s/%s", cli->arguments[1], cli->arguments[2]);
    return 0;
}

static void put_member(struct buf *b, struct cli *cli, const char *name, const char *member)
{
    if (!cli_value(cli, name))
        return;
    buf_printf(b, "%s\"%s\": ", b->len > 1 ? ", " : "", member);
    buf_put_json(b, cli_value(cli, name));
}

static int set(struct cli *cli, struct error *err)
{
    const char *path;
    yyjson_doc *doc;
    int rc = path_of(cli, &path, err);
    if (rc)
        return rc;
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_SQL_BYTES);
    buf_putc(&b, '{');
    put_member(&b, cli, "condition", "constraint");
    put_member(&b, cli, "severity", "severity");
    put_member(&b, cli, "description", "description");
    if (cli_value(cli, "enabled"))
        buf_printf(&b, "%s\"enabled\": %s", b.len > 1 ? ", " : "", str_eq(cli_value(cli, "enabled"), "yes") ? "true" : "false");
    buf_putc(&b, '}');
    rc = cli_ask(cli, "PUT", path, b.data, &doc, err);
    if (rc)
        return rc;
    yyjson_val *root = yyjson_doc_get_root(doc);
    printf("%s holds from the next load on; of the rows that are there it would fail %lld\n", text_of(root, "rule_id"),
           (long long)yyjson_get_sint(yyjson_obj_get(root, "failing_rows")));
    yyjson_doc_free(doc);
    return 0;
}

static int take_away(struct cli *cli, struct error *err)
{
    const char *path;
    yyjson_doc *doc;
    int rc = path_of(cli, &path, err);
    if (!rc)
        rc = cli_ask(cli, "DELETE", path, NULL, &doc, err);
    if (rc)
        return rc;
    yyjson_doc_free(doc);
    return 0;
}

static int run(struct cli *cli, struct error *err)
{
    static const struct verb verbs[] = {{"list", list}, {"set", set}, {"remove", take_away}};
    return cli_run_verb(cli, verbs, ARRAY_LEN(verbs), err);
}

static const struct option options[] = {
    {"condition", OPTION_TEXT, "SQL", NULL, NULL, false, "condition in Databricks SQL that is true for a good row"},
    {"severity", OPTION_CHOICE, "SEVERITY", "critical|warning", NULL, false,
     "critical: failing rows go to quarantine; warning: they are kept and counted"},
    {"enabled", OPTION_CHOICE, "WHETHER", "yes|no", NULL, false, "whether ingestion applies it"},
    {"description", OPTION_TEXT, "TEXT", NULL, NULL, false, "what it is for"},
    {0},
};

const struct command command_rules = {
    .name = "rules",
    .arguments = "[list|set TABLE NAME|remove TABLE NAME]",
    .min_arguments = 0,
    .max_arguments = 3,
    .summary = "quality rules that ingestion applies",
    .text =
        "list shows the rules of the packs and of people with their newest result. set makes a rule or changes one, of a pack too; what no option "
        "names stays as it is. It holds from the next load on. remove takes a rule of a person away; one of a pack can be disabled.",
    .examples = "secchi rules\nsecchi rules set audit known_source --condition \"source_ip_address <> ''\" --severity warning\n"
                "secchi rules set table_lineage valid_target_table --enabled no",
    .options = options,
    .run = run,
};
