/*
 * config - secchi.yaml, environment, flags: one resolved configuration. Every scalar setting is a row of one table
 * (config_settings) with type, range, default and help; documentation, `secchi help settings` and the check of unknown
 * keys come from it. Precedence: flag, environment, secchi.yaml, default.
 *
 * Also the YAML reader of the program: a tree with line numbers, so that every error names file:line and the nearest key.
 */
#ifndef SECCHI_CONFIG_H
#define SECCHI_CONFIG_H

#include "base/base.h"

/* ---- YAML ------------------------------------------------------------------------------------------- */

enum yaml_kind { YAML_NULL, YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml {
    enum yaml_kind kind;
    uint32_t line, column; /* from 1 */
    const char *text;      /* SCALAR: its text; quoted tells "true" from true */
    bool quoted;
    size_t count;        /* LIST, MAP */
    const char **keys;   /* MAP: keys, in the order of the file */
    struct yaml **items; /* LIST items or MAP values */
};

/* YAML 1.1 as libyaml reads it, one document, no tags, aliases up to 10,000 nodes in all; a key twice in one map is an
 * error. The tree lives in the arena. file is used in errors only. */
int yaml_parse(const char *text, size_t len, const char *file, struct arena *a, struct yaml **ret, struct error *err) MUST_CHECK;
int yaml_read(const char *path, struct arena *a, struct yaml **ret, struct error *err) MUST_CHECK;
struct yaml *yaml_get(const struct yaml *map, const char *key); /* NULL when absent or not a map */
/* Typed reads of a map's entry; absent leaves *ret untouched. A wrong type is ERROR_USAGE at file:line. */
int yaml_text(const struct yaml *map, const char *file, const char *key, const char **ret, struct error *err) MUST_CHECK;
int yaml_bool(const struct yaml *map, const char *file, const char *key, bool *ret, struct error *err) MUST_CHECK;
int yaml_i64(const struct yaml *map, const char *file, const char *key, int64_t *ret, struct error *err) MUST_CHECK;
/* Refuses keys that are not in `known`, with the nearest one. */
int yaml_known_keys(const struct yaml *map, const char *file, const char *const *known, size_t count, struct error *err) MUST_CHECK;

/* ---- settings ------------------------------------------------------------------------------------------ */

enum setting_type { SETTING_TEXT, SETTING_BOOL, SETTING_INT, SETTING_FLOAT, SETTING_BYTES, SETTING_DURATION, SETTING_ENUM, SETTING_PATH };

struct setting {
    const char *key; /* "server.port" */
    enum setting_type type;
    const char *fallback; /* default as text */
    double min, max;      /* numbers, bytes, seconds; both 0: any */
    const char *choices;  /* ENUM: "a|b|c" */
    const char *help;     /* one sentence */
};
extern const struct setting config_settings[];
extern const size_t config_setting_count;

struct config_source {              /* an entry of `sources:` */
    const char *name, *path, *kind; /* kind "auto", "folder", "spark" or "databricks"; path absolute: of databricks where it is landed */
    const char *account_id, *workspace_id;
    const char *profile, *warehouse_id; /* databricks; may be NULL */
};

struct config_tenant { /* an entry of `tenants:` (C-07) */
    const char *name;
    const char **accounts, **workspaces;
    size_t account_count, workspace_count;
};

struct config_table { /* an entry of `tables:`, what holds for one table of the source instead of the settings ingest.* (H-06) */
    const char *name; /* as written: billing.usage, system.billing.usage or the name of the bronze table */
    uint32_t line;
    int64_t lookback_s, retention_s; /* -1: not given; 0: all */
};

struct config {
    struct arena *arena;
    const char *home, *file; /* absolute; file: <home>/secchi.yaml */
    const char **values;     /* one a setting, in the order of config_settings, resolved as text */
    const char **origins;    /* where each value is from: "secchi.yaml:12", "environment SECCHI_SERVER_PORT", "--port", "default" */
    struct config_source *sources;
    size_t source_count;
    struct config_tenant *tenants;
    size_t tenant_count;
    struct config_table *tables;
    size_t table_count;
    const char **name_keys, **name_values; /* `names:` ${catalog} and foreign catalogues (H-36) */
    size_t name_count;
};

struct config_flag {
    const char *key, *value, *flag;
}; /* server.port, 9000, "--port" */

/* Reads <home>/secchi.yaml (absent file: defaults) and resolves everything. `${ENV}` and `file:` references in values that
 * are secrets stay references. A file of a newer `version` is refused, an older one migrated after a copy (C-08). */
int config_load(const char *home, const struct config_flag *flags, size_t flag_count, struct config **ret, struct error *err) MUST_CHECK;
void config_free(struct config *c);
const char *config_text(const struct config *c, const char *key); /* an unknown key is a bug and ends the process */
/* The value of a setting that is a secret: in secchi.yaml only ${VARIABLE} (of the environment) and file:PATH (its first line; a
 * relative path lies in the home) are taken, from the environment also the value itself. "" when it is not set. */
int config_secret(const struct config *c, const char *key, struct arena *a, const char **ret, struct error *err) MUST_CHECK;
bool config_bool(const struct config *c, const char *key);
int64_t config_int(const struct config *c, const char *key); /* INT, BYTES (bytes), DURATION (seconds) */
double config_float(const struct config *c, const char *key);
/* Creates the home with a commented secchi.yaml; ERROR_CONFLICT when one is there. */
int config_init(const char *home, struct error *err) MUST_CHECK;
/* Adds a source to secchi.yaml, keeping everything else and its comments; the same path again changes nothing. */
int config_add_source(const char *home, const struct config_source *source, struct error *err) MUST_CHECK;
/* Writes engine.kind, and engine.url unless it is NULL, into <home>/secchi.yaml. ERROR_CONFLICT when the file says something else about
 * the engine, or when the home has a warehouse already. */
int config_choose_engine(const char *home, const char *kind, const char *url, struct error *err) MUST_CHECK;
/* --home, else $SECCHI_HOME, else ./secchi-home; absolute, in the arena. */
const char *config_home(const char *flag, struct arena *a);
/* Where packs and libraries lie: `--packs`, <exe>/../share/secchi/packs, the build tree. NULL when not found. */
const char *config_find_packs(const char *flag, struct arena *a);
const char *config_find_lib(struct arena *a);

#endif
