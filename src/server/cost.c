#include <stdlib.h>

#include "server/private.h"

/* Cost that reconciles: attributions of the packs (cost/) against the bill, both asked as the caller, so that a tenant sees its own rows.
 */

extern const char server_sql_cost_bill[], server_sql_cost_causes[], server_sql_cost_attributed[], server_sql_cost_rows[],
    server_sql_cost_invoice[], server_sql_cost_quarantine[];

#define MAX_ANSWER_BYTES (64u << 20)
#define DAY_US 86400000000
#define FIRST_DAY (-719162) /* 0001-01-01 */
#define LAST_DAY 2932896    /* 9999-12-31 */
#define SNAPSHOT_TRIES 3

/* ---- what a difference means ------------------------------------------------------------------------------------ */

struct meaning {
    const char *kind, *what, *hint;
    bool differs; /* bill and attributions cannot agree; else usage that the bill cannot tell */
};
static const struct meaning causes[] = {
    {"not_in_gold", "usage is in bronze and not in fact_usage", "run secchi refresh; when it stays, secchi refresh --full", true},
    {"not_in_bronze", "fact_usage has usage that bronze does not have any more",
     "ingest.retention took it away: reconcile a later period, or keep usage longer", true},
    {"quantity_differs", "fact_usage has another quantity than bronze", "run secchi refresh --full", true},
    {"currency_differs", "fact_usage was priced in another currency than the prices say", "run secchi refresh --full", true},
    {"price_differs", "fact_usage has another price than was in force when the usage began", "run secchi refresh --full", true},
    {"cost_differs", "fact_usage has another cost than quantity times price", "run secchi refresh --full", true},
    {"attributed_twice", "the attribution names a record more than once",
     "make its SELECT give one row a record_id: a join that is not on a key multiplies", true},
    {"no_time", "usage without usage_start_time, so no price is in force", "ask who delivers system.billing.usage for the time", false},
    {"no_price_of_sku", "the SKU has no price at all", "load system.billing.list_prices (and account_prices) with this SKU", false},
    {"no_price_in_force", "the SKU has prices, but none at the time of the usage",
     "load the prices of that time: list_prices holds them by price_start_time and price_end_time", false},
    {"no_price_that_fits", "the SKU has prices, but for another cloud, unit, account or part of the time",
     "compare cloud, usage_unit, account_id and the periods of its prices with the usage", false},
    {"no_quantity", "usage without a quantity", "ask who delivers system.billing.usage for it", false},
    {"no_list_price", "usage with a negotiated price and no list price", "load system.billing.list_prices of that time", false},
    {"amount_too_large", "quantity times price does not fit DECIMAL(18,6)", "look at the record: quantity or price is likely wrong", false},
    {"no_date", "usage without a date counts in every period", "ask who delivers system.billing.usage for the date", false},
    {"quarantined", "usage that the checks of ingestion kept out", "look at secchi_quarantine.usage; change the rule, or mend the source",
     false},
};
static const struct meaning invoice_causes[] = {
    {"sku_without_usage", "no usage of this SKU was ever loaded",
     "load system.billing.usage of the account that uses it, or ask what was billed", true},
    {"no_usage", "there is no usage for this line in the month",
     "look at workspace, SKU and currency of the line; load the usage of the month", true},
    {"no_price", "usage without a price, so the bill cannot tell its amount", "secchi cost reconcile tells which price is missing", false},
    {"partly_no_price", "part of the usage has no price", "secchi cost reconcile tells which price is missing", true},
    {"not_invoiced", "the invoice has no line for this usage", "wait for the next invoice, or ask for the missing line", true},
    {"line_repeated", "the invoice has the line several times", "ask for a corrected invoice", true},
    {"other_prices", "the invoice agrees with the other prices: list and negotiated are exchanged",
     "try --prices list, or ask why the discount is missing", true},
    {"corrected_later", "retractions and restatements that were added after the day after_date; without them both agree",
     "expect the difference on the next invoice", true},
    {"added_later", "late records that were added after the day after_date; without them both agree",
     "expect the difference on the next invoice", true},
    {"added_and_corrected_later", "late records and corrections that were added after the day after_date; without them both agree",
     "expect the difference on the next invoice", true},
    {"price_changed", "the invoice has the same quantity at another price of the SKU",
     "compare the day of the price change with the contract", true},
    {"record_repeated", "the difference is one usage record, which the invoice has once more",
     "ask for a corrected invoice; example is the record", true},
    {"record_missing", "the difference is one usage record, which the invoice does not have", "example is the record", true},
    {"unknown", "no single cause makes the difference", "compare the records of fact_usage with the details of the invoice", true},
};

static const struct meaning *meaning_of(const struct meaning *list, size_t count, const char *kind)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(list[i].kind, kind))
            return &list[i];
    return NULL;
}

/* ---- what is asked ---------------------------------------------------------------------------------------------- */

struct ask {
    struct request *rq;
    struct engine_param params[8];
    size_t count;
};

static void add_param(struct ask *k, const char *name, struct engine_value v) { k->params[k->count++] = (struct engine_param){name, v}; }

static int64_t day_of(int64_t us) { return (us - (us < 0 ? DAY_US - 1 : 0)) / DAY_US; }

/* from, to (days, inclusive) and the settings, each for itself or by the request. whole: the bill itself is asked for. */
static int begin_ask(struct request *rq, bool whole, struct ask *k, struct error *err)
{
    const struct config *c = rq->owner->core.config;
    int64_t from = arg_given(rq, "from") ? day_of(arg_int(rq, "from")) : FIRST_DAY;
    int64_t to = arg_given(rq, "to") ? day_of(arg_int(rq, "to")) : LAST_DAY;
    *k = (struct ask){.rq = rq};
    if (whole && rq->principal.tenant) {
        error_set(err, ERROR_FORBIDDEN, "the bill is made of the prices of all accounts, which a tenant does not see");
        error_hint(err, "GET /api/v1/cost/attributions/{attribution} splits the cost of the tenant");
        return ERROR_FORBIDDEN;
    }
    if (from > to) {
        error_set(err, ERROR_INVALID, "from is after to");
        error_hint(err, "from and to are the first and the last day of the period");
        return ERROR_INVALID;
    }
    add_param(k, "from_date", (struct engine_value){.type = ENGINE_DATE, .i = from});
    add_param(k, "to_date", (struct engine_value){.type = ENGINE_DATE, .i = to});
    add_param(k, "discount_pct", (struct engine_value){.type = ENGINE_TEXT, .text = config_text(c, "cost.discount_pct")});
    return 0;
}

static const char *tag_key(struct request *rq)
{
    return arg_given(rq, "tag_key") ? arg_text(rq, "tag_key") : config_text(rq->owner->core.config, "cost.tag_key");
}

static int keep(void *context, const void *data, size_t len)
{
    struct buf *b = context;
    buf_add(b, data, len);
    return b->overflow;
}

/* Only the parameters that the statement names: others are refused. */
static int used_params(struct ask *k, const char *sql, struct engine_param *ret, size_t *ret_count, struct error *err)
{
    struct sql_references *r;
    int rc = sql_references(k->rq->arena, sql, strlen(sql), 1, &r, err);
    for (size_t i = 0; i < k->count && !rc; i++)
        for (size_t j = 0; j < r->param_count; j++)
            if (str_eq(r->params[j], k->params[i].name))
                ret[(*ret_count)++] = k->params[i];
    return rc;
}

/* The rows as an array of objects; yyjson_doc_free frees it. */
static int read_rows(struct ask *k, const char *file, const char *sql, yyjson_doc **ret, struct error *err)
{
    struct request *rq = k->rq;
    struct engine_param params[ARRAY_LEN(k->params)];
    struct semantic_request q = {.sql = sql, .params = params};
    struct semantic_result *result;
    struct buf b CLEANUP(buf_free);
    buf_init(&b, MAX_ANSWER_BYTES);
    int rc = used_params(k, sql, params, &q.param_count, err);
    if (!rc)
        rc = semantic_query(rq->owner->core.semantic, &rq->principal, &q, &rq->cancel, &result, err);
    if (rc) {
        error_add_where(err, "%s", file);
        return rc;
    }
    rc = semantic_write(semantic_stream(result), FORMAT_JSON, keep, &b, err);
    if (b.overflow || (!rc && semantic_truncated(result))) {
        rc = error_set(err, ERROR_LIMIT, "the answer is too large");
        error_hint(err, "ask for a shorter period, or raise query.max_rows");
    }
    semantic_result_free(result);
    if (rc)
        return rc;
    *ret = yyjson_read(b.data, b.len, 0);
    return *ret ? 0 : error_set(err, ERROR_INTERNAL, "the rows of %s are not JSON", file);
}

static int find_content(struct request *rq, const char *name, const struct pack_attribution **ret, struct error *err)
{
    const struct pack_catalogue *c = rq->owner->core.catalogue;
    *ret = pack_find_attribution(c, name);
    if (*ret)
        return 0;
    const char **names = arena_alloc(rq->arena, (c->attribution_count + 1) * sizeof(*names));
    for (size_t i = 0; i < c->attribution_count; i++)
        names[i] = c->attributions[i].name;
    error_set(err, ERROR_NOT_FOUND, "no pack has cost/%.64s.sql", name);
    error_hint_near(err, nearest_name(name, names, c->attribution_count), "GET /api/v1/cost/attributions lists all");
    return ERROR_NOT_FOUND;
}

/* A frame with the content of a pack in its place. */
static int read_content(struct ask *k, const char *frame, const char *place, const char *name, yyjson_doc **ret, struct error *err)
{
    const struct pack_attribution *p;
    int rc = find_content(k->rq, name, &p, err);
    if (rc)
        return rc;
    const struct sql_place content = {place, p->sql};
    return read_rows(k, p->file, sql_template(k->rq->arena, frame, &content, 1), ret, err);
}

/* ---- amounts: text with six digits after the point <-> millionths --------------------------------------------------- */

static __int128 amount_of(yyjson_val *row, const char *key)
{
    const char *s = yyjson_get_str(yyjson_obj_get(row, key));
    bool negative = s && *s == '-';
    __int128 n = 0;
    int fraction = -1;
    for (s = s ? s + negative : ""; *s; s++) {
        if (*s == '.') {
            fraction = 0;
        } else if (fraction < 6) {
            n = n * 10 + (*s - '0');
            fraction += fraction >= 0;
        }
    }
    for (fraction = fraction < 0 ? 0 : fraction; fraction < 6; fraction++)
        n *= 10;
    return negative ? -n : n;
}

static void put_amount(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key, __int128 n)
{
    char text[64];
    size_t at = sizeof(text);
    unsigned __int128 rest = n < 0 ? -(unsigned __int128)n : (unsigned __int128)n;
    text[--at] = 0;
    for (int i = 0; i < 7 || rest; i++) {
        if (i == 6)
            text[--at] = '.';
        text[--at] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (n < 0)
        text[--at] = '-';
    yyjson_mut_obj_add_strcpy(d, o, key, text + at);
}

static const char *text_of(yyjson_val *row, const char *key) { return yyjson_get_str(yyjson_obj_get(row, key)); }

/* ---- reconciliation ------------------------------------------------------------------------------------------------- */

struct report {
    yyjson_mut_doc *doc;
    yyjson_mut_val *root, *bills, *attributions, *causes;
    yyjson_doc *bill;
    bool reconciled, complete;
};

static void put_meaning(struct report *r, yyjson_mut_val *o, const struct meaning *m)
{
    server_put_text(r->doc, o, "what", m ? m->what : NULL);
    server_put_text(r->doc, o, "hint", m ? m->hint : NULL);
    yyjson_mut_obj_add_bool(r->doc, o, "differs", m && m->differs);
    if (m && m->differs)
        r->reconciled = false;
    else
        r->complete = false;
}

static void copy_members(struct report *r, yyjson_mut_val *o, yyjson_val *row, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        yyjson_val *v = yyjson_obj_get(row, keys[i]);
        yyjson_mut_obj_add_val(r->doc, o, keys[i], v ? yyjson_val_mut_copy(r->doc, v) : yyjson_mut_null(r->doc));
    }
}

static const char *const cause_keys[] = {
    "sku", "cloud", "unit", "currency", "records", "quantity", "list_amount", "negotiated_amount", "first_date", "last_date", "example"};

static void put_cause(struct report *r, const char *kind, const char *attribution, yyjson_val *row)
{
    yyjson_mut_val *o = server_put_object(r->doc, r->causes, NULL);
    yyjson_mut_obj_add_strcpy(r->doc, o, "kind", kind);
    server_put_text(r->doc, o, "attribution", attribution);
    copy_members(r, o, row, cause_keys, ARRAY_LEN(cause_keys));
    put_meaning(r, o, meaning_of(causes, ARRAY_LEN(causes), kind));
}

static int put_causes(struct ask *k, struct report *r, struct error *err)
{
    yyjson_doc *rows;
    yyjson_val *row;
    size_t i, n;
    struct engine_rows kept_out;
    int rc = read_content(k, server_sql_cost_causes, "bill", PACK_BILL, &rows, err);
    if (rc)
        return rc;
    yyjson_arr_foreach(yyjson_doc_get_root(rows), i, n, row) { put_cause(r, text_of(row, "kind"), NULL, row); }
    yyjson_doc_free(rows);
    rc = ops_read(k->rq, ENGINE_SQL(server_sql_cost_quarantine), OPS_MAX_ROWS, &kept_out, err);
    for (i = 0; !rc && i < kept_out.row_count; i++) {
        const struct engine_value *v = kept_out.values + i * kept_out.column_count;
        put_cause(r, "quarantined", NULL, NULL);
        yyjson_mut_val *o = yyjson_mut_arr_get_last(r->causes);
        yyjson_mut_obj_put(o, yyjson_mut_str(r->doc, "records"), yyjson_mut_sint(r->doc, v[1].i));
        yyjson_mut_obj_put(o, yyjson_mut_str(r->doc, "example"), yyjson_mut_strcpy(r->doc, v[2].type == ENGINE_TEXT ? v[2].text : ""));
    }
    return rc;
}

/* Of one currency and one of the two kinds of prices. */
static void put_balance(struct report *r, const struct pack_attribution *p, yyjson_val *bill, yyjson_val *row, const char *prices)
{
    static const char *const keys[][4] = {{"list", "list_amount", "attributed_list", "unattributed_list"},
                                          {"negotiated", "negotiated_amount", "attributed_negotiated", "unattributed_negotiated"}};
    const char *const *key = keys[str_eq(prices, "negotiated")];
    const __int128 billed = amount_of(bill, key[1]), attributed = amount_of(row, key[2]), left = amount_of(row, key[3]);
    yyjson_mut_val *o = server_put_object(r->doc, r->attributions, NULL);
    server_put_text(r->doc, o, "name", p->name);
    server_put_text(r->doc, o, "title", p->title);
    yyjson_val *currency = yyjson_obj_get(bill ? bill : row, "currency");
    yyjson_mut_obj_add_val(r->doc, o, "currency", yyjson_val_mut_copy(r->doc, currency));
    server_put_text(r->doc, o, "prices", prices);
    yyjson_mut_obj_add_sint(r->doc, o, "keys", yyjson_get_sint(yyjson_obj_get(row, "keys")));
    put_amount(r->doc, o, "bill", billed);
    put_amount(r->doc, o, "attributed", attributed);
    put_amount(r->doc, o, "unattributed", left);
    put_amount(r->doc, o, "difference", billed - attributed - left);
    server_put_text(r->doc, o, "unattributed_is", p->unattributed);
    if (billed != attributed + left)
        r->reconciled = false;
}

static yyjson_val *row_of_currency(yyjson_doc *rows, yyjson_val *currency)
{
    yyjson_val *row;
    size_t i, n;
    yyjson_arr_foreach(yyjson_doc_get_root(rows), i, n, row)
    {
        if (str_eq(text_of(row, "currency"), yyjson_get_str(currency)))
            return row;
    }
    return NULL;
}

static void put_repeats(struct report *r, const struct pack_attribution *p, yyjson_val *row)
{
    static const char *const from[] = {"repeated_records", "repeated_list", "repeated_negotiated", "repeated_example"};
    static const char *const to[] = {"records", "list_amount", "negotiated_amount", "example"};
    if (yyjson_is_null(yyjson_obj_get(row, "repeated_records")))
        return;
    put_cause(r, "attributed_twice", p->name, row);
    yyjson_mut_val *o = yyjson_mut_arr_get_last(r->causes);
    for (size_t i = 0; i < ARRAY_LEN(from); i++)
        yyjson_mut_obj_put(o, yyjson_mut_str(r->doc, to[i]), yyjson_val_mut_copy(r->doc, yyjson_obj_get(row, from[i])));
}

static int put_attribution(struct ask *k, struct report *r, const struct pack_attribution *p, struct error *err)
{
    yyjson_doc *rows;
    yyjson_val *row;
    size_t i, n;
    int rc = read_content(k, server_sql_cost_attributed, "attribution", p->name, &rows, err);
    if (rc)
        return rc;
    for (int prices = 0; prices < 2; prices++) {
        const char *name = prices ? "negotiated" : "list";
        yyjson_arr_foreach(yyjson_doc_get_root(r->bill), i, n, row)
        {
            put_balance(r, p, row, row_of_currency(rows, yyjson_obj_get(row, "currency")), name);
        }
        yyjson_arr_foreach(yyjson_doc_get_root(rows), i, n, row)
        {
            if (!row_of_currency(r->bill, yyjson_obj_get(row, "currency")))
                put_balance(r, p, NULL, row, name);
        }
    }
    yyjson_arr_foreach(yyjson_doc_get_root(rows), i, n, row) { put_repeats(r, p, row); }
    yyjson_doc_free(rows);
    return 0;
}

static bool wanted(struct request *rq, const struct pack_attribution *p)
{
    return p->unattributed && !str_eq(p->name, PACK_BILL) && (!arg_given(rq, "by") || str_eq(arg_text(rq, "by"), p->name));
}

static void put_head(struct ask *k, struct report *r)
{
    struct request *rq = k->rq;
    r->doc = yyjson_mut_doc_new(NULL);
    r->root = server_put_object(r->doc, NULL, NULL);
    r->reconciled = r->complete = true;
    server_put_time(r->doc, r->root, "from", arg_given(rq, "from") ? k->params[0].value.i * DAY_US : 0);
    server_put_time(r->doc, r->root, "to", arg_given(rq, "to") ? k->params[1].value.i * DAY_US : 0);
    server_put_text(r->doc, r->root, "tag_key", tag_key(rq));
    server_put_text(r->doc, r->root, "discount_pct", k->params[2].value.text);
}

static int put_report(struct ask *k, struct report *r, struct error *err)
{
    const struct pack_catalogue *c = k->rq->owner->core.catalogue;
    put_head(k, r);
    int rc = read_content(k, server_sql_cost_bill, "bill", PACK_BILL, &r->bill, err);
    if (rc)
        return rc;
    yyjson_mut_obj_add_val(r->doc, r->root, "bills", yyjson_val_mut_copy(r->doc, yyjson_doc_get_root(r->bill)));
    r->attributions = server_put_array(r->doc, r->root, "attributions");
    r->causes = server_put_array(r->doc, r->root, "causes");
    for (size_t i = 0; i < c->attribution_count && !rc; i++)
        if (wanted(k->rq, &c->attributions[i]))
            rc = put_attribution(k, r, &c->attributions[i], err);
    return rc ? rc : put_causes(k, r, err);
}

static void drop_report(struct report *r)
{
    yyjson_doc_free(r->bill);
    yyjson_mut_doc_free(r->doc);
    *r = (struct report){0};
}

/* Several statements, of which none may see another refresh than the others. */
int handle_cost_reconciliation(struct request *rq, struct error *err)
{
    struct ask k;
    struct report r = {0};
    const struct pack_attribution *p;
    struct semantic *s = rq->owner->core.semantic;
    int rc = begin_ask(rq, true, &k, err);
    if (!rc && arg_given(rq, "by"))
        rc = find_content(rq, arg_text(rq, "by"), &p, err);
    if (rc)
        return rc;
    add_param(&k, "tag_key", (struct engine_value){.type = ENGINE_TEXT, .text = tag_key(rq)});
    for (int i = 0; i < SNAPSHOT_TRIES; i++) {
        const int64_t version = semantic_version(s);
        rc = put_report(&k, &r, err);
        if (!rc && version == semantic_version(s)) {
            yyjson_mut_obj_add_bool(r.doc, r.root, "reconciled", r.reconciled);
            yyjson_mut_obj_add_bool(r.doc, r.root, "complete", r.complete);
            yyjson_doc_free(r.bill);
            reply_json(rq, 200, r.doc);
            return 0;
        }
        drop_report(&r);
        if (rc)
            return rc;
    }
    error_set(err, ERROR_CONFLICT, "refreshes change the tables while they are compared");
    error_hint(err, "ask again when the run has ended");
    return ERROR_CONFLICT;
}

/* ---- the attributions and their rows ----------------------------------------------------------------------------------- */

int handle_cost_attributions(struct request *rq, struct error *err)
{
    (void)err;
    const struct pack_catalogue *c = rq->owner->core.catalogue;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *list = server_put_array(d, server_put_object(d, NULL, NULL), "attributions");
    for (size_t i = 0; i < c->attribution_count; i++) {
        const struct pack_attribution *p = &c->attributions[i];
        if (str_eq(p->name, PACK_BILL))
            continue;
        yyjson_mut_val *o = server_put_object(d, list, NULL);
        server_put_text(d, o, "name", p->name);
        server_put_text(d, o, "title", p->title);
        server_put_text(d, o, "unattributed_is", p->unattributed);
        server_put_text(d, o, "pack", p->pack);
    }
    reply_json(rq, 200, d);
    return 0;
}

int handle_cost_rows(struct request *rq, struct error *err)
{
    struct ask k;
    yyjson_doc *rows;
    struct report r = {0};
    int rc = begin_ask(rq, false, &k, err);
    if (!rc && str_eq(arg_text(rq, "attribution"), PACK_BILL))
        rc = error_set(err, ERROR_NOT_FOUND, "the bill is no attribution");
    if (rc)
        return rc;
    add_param(&k, "tag_key", (struct engine_value){.type = ENGINE_TEXT, .text = tag_key(rq)});
    add_param(&k, "limit", (struct engine_value){.type = ENGINE_I64, .i = arg_int(rq, "limit") + 1});
    rc = read_content(&k, server_sql_cost_rows, "attribution", arg_text(rq, "attribution"), &rows, err);
    if (rc)
        return rc;
    put_head(&k, &r);
    yyjson_mut_val *list = server_put_array(r.doc, r.root, "rows");
    yyjson_val *row;
    size_t i, n, limit = (size_t)arg_int(rq, "limit");
    yyjson_arr_foreach(yyjson_doc_get_root(rows), i, n, row)
    {
        if (i < limit)
            yyjson_mut_arr_append(list, yyjson_val_mut_copy(r.doc, row));
    }
    yyjson_mut_obj_add_bool(r.doc, r.root, "truncated", yyjson_arr_size(yyjson_doc_get_root(rows)) > limit);
    yyjson_doc_free(rows);
    reply_json(rq, 200, r.doc);
    return 0;
}

/* ---- an invoice ------------------------------------------------------------------------------------------------------------ */

static const char *const invoice_keys[] = {"month",  "workspace_id", "sku",           "currency",       "invoiced",
                                           "billed", "difference",   "records",       "unpriced",       "quantity",
                                           "kind",   "after_date",   "later_records", "invoiced_price", "example"};

int handle_cost_invoice(struct request *rq, struct error *err)
{
    struct ask k;
    yyjson_doc *rows;
    yyjson_val *row, *lines = yyjson_obj_get(arg_json(rq, "invoice"), "lines");
    size_t i, n;
    struct report r = {0};
    if (!yyjson_arr_size(lines)) {
        error_set(err, ERROR_INVALID, "the invoice has no lines");
        error_where(err, "body parameter invoice.lines");
        return ERROR_INVALID;
    }
    int rc = begin_ask(rq, true, &k, err);
    if (rc)
        return rc;
    char *text = yyjson_val_write(lines, 0, NULL);
    add_param(&k, "lines", (struct engine_value){.type = ENGINE_TEXT, .text = arena_strdup(rq->arena, text)});
    add_param(&k, "negotiated", (struct engine_value){.type = ENGINE_BOOL, .b = str_eq(arg_text(rq, "prices"), "negotiated")});
    free(text);
    rc = read_content(&k, server_sql_cost_invoice, "bill", PACK_BILL, &rows, err);
    if (rc)
        return rc;
    put_head(&k, &r);
    server_put_text(r.doc, r.root, "prices", arg_text(rq, "prices"));
    yyjson_mut_obj_add_uint(r.doc, r.root, "lines", yyjson_arr_size(lines));
    yyjson_mut_val *list = server_put_array(r.doc, r.root, "differences");
    yyjson_arr_foreach(yyjson_doc_get_root(rows), i, n, row)
    {
        yyjson_mut_val *o = server_put_object(r.doc, list, NULL);
        copy_members(&r, o, row, invoice_keys, ARRAY_LEN(invoice_keys));
        put_meaning(&r, o, meaning_of(invoice_causes, ARRAY_LEN(invoice_causes), text_of(row, "kind")));
    }
    yyjson_doc_free(rows);
    yyjson_mut_obj_add_bool(r.doc, r.root, "reconciled", r.reconciled);
    yyjson_mut_obj_add_bool(r.doc, r.root, "complete", r.complete);
    reply_json(rq, 200, r.doc);
    return 0;
}
