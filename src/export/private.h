/* Private to export: what its files hand each other. */
#ifndef SECCHI_EXPORT_PRIVATE_H
#define SECCHI_EXPORT_PRIVATE_H

#include "export/export.h"

struct export_file {
    const char *path; /* below the folder of the bundle */
    const char *text;
};

struct export_task { /* of a job: one file on the warehouse */
    const char *job, *key, *path;
    const char **after; /* keys of the same job */
    size_t after_count;
};

struct bundle {
    const struct export_options *o;
    struct arena *arena;
    struct export_report *report;
    struct pack_names names;
    const struct yaml *facts; /* export.yaml */
    VEC(struct export_file) files;
    VEC(struct export_task) tasks; /* job by job */
    VEC(struct export_left) left;
};

#define EXPORT_FILE_BYTES (16u << 20)

struct place {
    const char *name, *text;
};
/* The text with its @name@ filled; other @ stay. */
char *export_fill(struct arena *a, const char *text, const struct place *places, size_t count);
#define EXPORT_FILL(a, text, ...) \
    export_fill((a), (text), (struct place[]){__VA_ARGS__}, sizeof((struct place[]){__VA_ARGS__}) / sizeof(struct place))

/* text.c: content as a warehouse takes it. Names of the current schema lose it, those of the other one are asked of a job parameter;
 * ${variables} become values, :since a session variable, incoming.x the text of `incoming` (NULL: there is none). */
enum schema { SCHEMA_BRONZE, SCHEMA_GOLD, SCHEMA_OPS };
struct export_text {
    enum schema current;
    const char *incoming;
    bool no_parameters; /* bodies of views and functions, where parameters of jobs cannot stand */
};
int export_rewrite(struct bundle *b, const struct export_text *t, const char *text, size_t len, const char **ret,
                   struct error *err) MUST_CHECK;
/* ${variables} in a YAML text. */
int export_variables(struct bundle *b, const char *text, size_t len, const char **ret, struct error *err) MUST_CHECK;

/* table.c */
int export_table(struct bundle *b, const struct pack_object *o, struct error *err) MUST_CHECK; /* its DDL, and its fill when it has one */
bool export_has_key(const struct bundle *b, const struct pack_object *o);                      /* no null can be in its primary key */

/* job.c: resources/jobs.yml of the tasks */
int export_jobs(struct bundle *b, struct error *err) MUST_CHECK;
/* write.c: the files to disk */
int export_write(struct bundle *b, struct error *err) MUST_CHECK;

/* bundle.c */
int export_frame(struct bundle *b, const char *name, const char **ret, struct error *err) MUST_CHECK; /* a file of o->frames */
void export_add_file(struct bundle *b, const char *path, const char *text);
/* A file of SQL with its heading and the schema that names mean, and the task that runs it. after: keys that it comes after. */
void export_add_sql(struct bundle *b, const char *job, const char *key, const char *path, enum schema schema, const char *from,
                    const char *text, const char **after, size_t after_count);
void export_leave(struct bundle *b, const char *name, const char *why);

#endif
