#include "cli/cost.h"

#include <yyjson.h>

/* secchi cost: the server does the sums (src/server/cost.c), this shows them. */

#define STATUS_DIFFERS ERROR_PARTIAL

static const char *text_of(yyjson_val *o, const char *key)
{
    const char *text = yyjson_get_str(yyjson_obj_get(o, key));
    return text ? text : "-";
}

static long long number_of(yyjson_val *o, const char *key) { return (long long)yyjson_get_sint(yyjson_obj_get(o, key)); }

/* 1234.567890 as 1234.57, rounded half away from zero; what is no number stays. */
static const char *cents(struct arena *a, const char *amount)
{
    const char *point = strchr(amount, '.');
    if (!point || strlen(point) < 4)
        return amount;
    char *text = arena_strndup(a, amount, (size_t)(point - amount) + 3);
    bool up = point[3] >= '5';
    for (size_t i = strlen(text); i-- > 0 && up;) {
        if (text[i] == '.' || text[i] == '-')
            continue;
        up = text[i] == '9';
        text[i] = up ? '0' : (char)(text[i] + 1);
    }
    const bool negative = *text == '-';
    if (up)
        text = arena_printf(a, "%s1%s", negative ? "-" : "", text + negative);
    return text[strspn(text, "-0.")] ? text : "0.00";
}

/* Days as the options take them: the API takes what is a time. */
static void put_query(struct cli *cli, struct buf *b, const char *option, const char *name)
{
    const char *value = cli_value(cli, option);
    if (!value)
        return;
    buf_printf(b, "%s%s=", b->len && strchr(b->data, '?') ? "&" : "?", name);
    for (; *value; value++) {
        bool plain = (*value >= '0' && *value <= '9') || (*value >= 'a' && *value <= 'z') || (*value >= 'A' && *value <= 'Z') ||
                     *value == '_';
        buf_printf(b, plain ? "%c" : "%%%02X", plain ? *value : (unsigned char)*value);
    }
}

/* ---- reconcile ------------------------------------------------------------------------------------------------------ */

static void print_balances(struct arena *a, yyjson_val *root)
{
    yyjson_val *v;
    size_t i, n;
    printf("%-12s %-8s %-10s %8s %18s %18s %18s %12s\n", "attribution", "currency", "prices", "keys", "bill", "attributed", "unattributed",
           "difference");
    yyjson_arr_foreach(yyjson_obj_get(root, "attributions"), i, n, v)
    {
        printf("%-12s %-8s %-10s %8lld %18s %18s %18s %12s\n", text_of(v, "name"), text_of(v, "currency"), text_of(v, "prices"),
               number_of(v, "keys"), cents(a, text_of(v, "bill")), cents(a, text_of(v, "attributed")), cents(a, text_of(v, "unattributed")),
               cents(a, text_of(v, "difference")));
    }
    if (!n)
        puts("no usage with a price in this period");
}

static void print_causes(struct arena *a, yyjson_val *root)
{
    yyjson_val *v;
    size_t i, n;
    yyjson_arr_foreach(yyjson_obj_get(root, "causes"), i, n, v)
    {
        printf("%s%s: %s; %lld record%s", i ? "" : "\n", text_of(v, "kind"), text_of(v, "what"), number_of(v, "records"),
               number_of(v, "records") == 1 ? "" : "s");
        if (yyjson_is_str(yyjson_obj_get(v, "attribution")))
            printf(", attribution %s", text_of(v, "attribution"));
        if (yyjson_is_str(yyjson_obj_get(v, "sku")))
            printf(", SKU %s (%s)", text_of(v, "sku"), text_of(v, "cloud"));
        if (yyjson_is_str(yyjson_obj_get(v, "quantity")))
            printf(", quantity %s %s", text_of(v, "quantity"), text_of(v, "unit"));
        if (yyjson_get_bool(yyjson_obj_get(v, "differs")))
            printf(", %s at list, %s at negotiated prices", cents(a, text_of(v, "list_amount")), cents(a, text_of(v, "negotiated_amount")));
        if (yyjson_is_str(yyjson_obj_get(v, "first_date")))
            printf(", %s to %s", text_of(v, "first_date"), text_of(v, "last_date"));
        printf(", e.g. %s; %s\n", text_of(v, "example"), text_of(v, "hint"));
    }
}

/* A report that was written is no failure: the status tells what it says. */
static int verdict(struct cli *cli, yyjson_val *root, const char *what, struct error *err)
{
    const bool reconciled = yyjson_get_bool(yyjson_obj_get(root, "reconciled")),
               complete = yyjson_get_bool(yyjson_obj_get(root, "complete"));
    if (reconciled && complete) {
        if (!str_eq(cli_value(cli, "format"), "json"))
            printf("\n%s\n", what);
        return 0;
    }
    error_set(err, cli_flag(cli, "fail-on-difference") ? ERROR_CONFLICT : STATUS_DIFFERS, "%s",
              !reconciled ? "cost does not reconcile" : "cost reconciles, but there is usage that has no amount");
    error_hint(err, "each line above tells what to do");
    return err->kind;
}

static int reconcile(struct cli *cli, struct error *err)
{
    yyjson_doc *doc;
    struct buf path CLEANUP(buf_free);
    buf_init(&path, 65536);
    if (cli_value(cli, "bill"))
        return cost_invoice(cli, err);
    buf_puts(&path, "/api/v1/cost/reconciliation");
    put_query(cli, &path, "from", "from");
    put_query(cli, &path, "to", "to");
    put_query(cli, &path, "by", "by");
    put_query(cli, &path, "tag-key", "tag_key");
    int rc = cli_ask(cli, "GET", path.data, NULL, &doc, err);
    if (rc)
        return rc;
    yyjson_val *root = yyjson_doc_get_root(doc);
    if (!str_eq(cli_value(cli, "format"), "json")) {
        print_balances(cli->arena, root);
        print_causes(cli->arena, root);
    }
    rc = verdict(cli, root, "every attribution adds up to the bill", err);
    yyjson_doc_free(doc);
    return rc;
}

/* ---- an invoice --------------------------------------------------------------------------------------------------------- */

static void print_differences(struct arena *a, yyjson_val *root)
{
    yyjson_val *v;
    size_t i, n;
    yyjson_arr_foreach(yyjson_obj_get(root, "differences"), i, n, v)
    {
        printf("%s %s %s %s: invoice %s, bill %s, difference %s; %s: %s", text_of(v, "month"), text_of(v, "workspace_id"),
               text_of(v, "sku"), text_of(v, "currency"), text_of(v, "invoiced"), text_of(v, "billed"), cents(a, text_of(v, "difference")),
               text_of(v, "kind"), text_of(v, "what"));
        if (yyjson_is_str(yyjson_obj_get(v, "after_date")))
            printf(" (after_date %s, %lld records)", text_of(v, "after_date"), number_of(v, "later_records"));
        if (yyjson_is_str(yyjson_obj_get(v, "invoiced_price")))
            printf(" (price %s)", text_of(v, "invoiced_price"));
        if (yyjson_is_str(yyjson_obj_get(v, "example")))
            printf(" (record %s)", text_of(v, "example"));
        printf("; %s\n", text_of(v, "hint"));
    }
}

int cost_invoice(struct cli *cli, struct error *err)
{
    yyjson_doc *doc;
    struct buf body CLEANUP(buf_free);
    buf_init(&body, LIMIT_REQUEST_BYTES);
    if (cli_value(cli, "by") || cli_value(cli, "from") || cli_value(cli, "to"))
        return error_set(err, ERROR_USAGE, "--bill compares the months of the file; --by, --from and --to do not go with it");
    buf_puts(&body, "{\"invoice\": {\"lines\": ");
    int rc = cost_read_bill(cli_value(cli, "bill"), &body, err);
    buf_printf(&body, "}, \"prices\": \"%s\"}", cli_value(cli, "prices") ? cli_value(cli, "prices") : "negotiated");
    if (!rc && body.overflow)
        rc = error_set(err, ERROR_LIMIT, "%s has more than %u bytes of lines", cli_value(cli, "bill"), LIMIT_REQUEST_BYTES);
    if (!rc)
        rc = cli_ask(cli, "POST", "/api/v1/cost/invoice", body.data, &doc, err);
    if (rc)
        return rc;
    yyjson_val *root = yyjson_doc_get_root(doc);
    if (!str_eq(cli_value(cli, "format"), "json"))
        print_differences(cli->arena, root);
    rc = verdict(cli, root, "the invoice is the bill", err);
    yyjson_doc_free(doc);
    return rc;
}

/* ---- show -------------------------------------------------------------------------------------------------------------------- */

static int show(struct cli *cli, struct error *err)
{
    yyjson_doc *doc;
    yyjson_val *v;
    size_t i, n;
    struct buf path CLEANUP(buf_free);
    const char *by = cli_value(cli, "by");
    buf_init(&path, 65536);
    if (!by || !by[0] || by[strspn(by, "abcdefghijklmnopqrstuvwxyz0123456789_")]) {
        error_set(err, ERROR_USAGE, "secchi cost show needs --by ATTRIBUTION");
        error_hint(err, "`secchi cost` lists them");
        return ERROR_USAGE;
    }
    buf_printf(&path, "/api/v1/cost/attributions/%s", by);
    put_query(cli, &path, "from", "from");
    put_query(cli, &path, "to", "to");
    put_query(cli, &path, "tag-key", "tag_key");
    put_query(cli, &path, "limit", "limit");
    int rc = cli_ask(cli, "GET", path.data, NULL, &doc, err);
    if (rc)
        return rc;
    yyjson_val *root = yyjson_doc_get_root(doc);
    const bool table = !str_eq(cli_value(cli, "format"), "json");
    if (table)
        printf("%-8s %18s %18s %8s %s\n", "currency", "list", "negotiated", "share", "name (key)");
    yyjson_arr_foreach(yyjson_obj_get(root, "rows"), i, n, v)
    {
        if (table)
            printf("%-8s %18s %18s %7.2f%% %s (%s)\n", text_of(v, "currency"), text_of(v, "list_cents"), text_of(v, "negotiated_cents"),
                   100 * yyjson_get_num(yyjson_obj_get(v, "negotiated_share")), text_of(v, "name"), text_of(v, "key"));
    }
    if (yyjson_get_bool(yyjson_obj_get(root, "truncated")))
        fprintf(stderr, "secchi: there are more rows than --limit let through; the rows shown do not add up to the bill\n");
    yyjson_doc_free(doc);
    return 0;
}

static int list(struct cli *cli, struct error *err)
{
    yyjson_doc *doc;
    yyjson_val *v;
    size_t i, n;
    int rc = cli_ask(cli, "GET", "/api/v1/cost/attributions", NULL, &doc, err);
    if (rc)
        return rc;
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "attributions"), i, n, v)
    {
        if (!str_eq(cli_value(cli, "format"), "json"))
            printf("%-12s %s (unattributed: %s)\n", text_of(v, "name"), text_of(v, "title"), text_of(v, "unattributed_is"));
    }
    yyjson_doc_free(doc);
    return 0;
}

static int run(struct cli *cli, struct error *err)
{
    static const struct verb verbs[] = {{"list", list}, {"show", show}, {"reconcile", reconcile}};
    return cli_run_verb(cli, verbs, ARRAY_LEN(verbs), err);
}

static const struct option options[] = {
    {"from", OPTION_TIME, "DAY", NULL, NULL, false, "first day of usage (UTC)"},
    {"to", OPTION_TIME, "DAY", NULL, NULL, false, "last day of usage, inclusive"},
    {"by", OPTION_TEXT, "ATTRIBUTION", NULL, NULL, false, "only this attribution; show needs it"},
    {"tag-key", OPTION_TEXT, "TAG", NULL, NULL, false, "tag of the attribution tag (default: setting cost.tag_key)"},
    {"limit", OPTION_INT, "N", NULL, NULL, false, "rows of show at the most (default 1000)"},
    {"bill", OPTION_FILE, "FILE.csv", NULL, NULL, false,
     "reconcile: an invoice with the columns month and amount, and any of workspace_id, sku_name and currency"},
    {"prices", OPTION_CHOICE, "WHICH", "negotiated|list", NULL, false, "prices that the invoice is held against (default negotiated)"},
    {"fail-on-difference", OPTION_FLAG, NULL, NULL, NULL, false, "ends with 1 instead of 3 when something does not reconcile"},
    {"format", OPTION_CHOICE, "FORMAT", "table|json", NULL, false, "how it is written (default table)"},
    {0},
};

const struct command command_cost = {
    .name = "cost",
    .arguments = "[list|show|reconcile]",
    .min_arguments = 0,
    .max_arguments = 1,
    .summary = "attribute cost, and show that it adds up to the bill",
    .text =
        "list shows the attributions of the packs. show splits the cost of a period by one of them, what is left over included. reconcile holds every attribution, "
        "at list and at negotiated prices and for each currency, against the bill: usage in bronze times the price in force when it began. Each difference and all usage "
        "without a price is a line that says what, how much and what to do. With --bill it holds an invoice against the bill line by line. The exit status is 0 when all "
        "reconciles, 3 when not.",
    .examples = "secchi cost reconcile --from 2026-06-01 --to 2026-06-30\nsecchi cost show --by owner --from 2026-06-01 --to 2026-06-30\n"
                "secchi cost reconcile --bill invoice-2026-06.csv --fail-on-difference",
    .options = options,
    .run = run,
};
