/* Private to cli: what the two files of `secchi cost` hand each other. */
#ifndef SECCHI_CLI_COST_H
#define SECCHI_CLI_COST_H

#include "cli/command.h"

/* Reads an invoice (RFC 4180, with a line of names) and adds its lines to b as a JSON array of objects with month, workspace_id, sku_name,
 * currency and amount. Errors name file and line. */
int cost_read_bill(const char *path, struct buf *b, struct error *err) MUST_CHECK;
/* The same of text of len bytes; path is only for errors. */
int cost_parse_bill(const char *path, const char *text, size_t len, struct buf *b, struct error *err) MUST_CHECK;
int cost_invoice(struct cli *cli, struct error *err) MUST_CHECK; /* reconcile --bill */

#endif
