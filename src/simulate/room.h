/* Private to simulate: what its files share. */
#ifndef SECCHI_SIMULATE_ROOM_H
#define SECCHI_SIMULATE_ROOM_H

#include "engine/engine.h"
#include "pack/pack.h"
#include "simulate/simulate.h"
#include "sql/sql.h"

#include <pthread.h>

#define SPAN_DAYS 28
#define FIRST_DAYS 14.0                 /* of a table at scale 1 that are written by the first statement of a span */
#define WRITE_ROWS 60000.0              /* of a statement, about */
#define MEMORY_BYTES ((int64_t)3 << 29) /* of each engine */

struct sim_text { /* statements of a file */
    const char *file;
    char *text;
    struct sql_statement *statements;
    size_t count;
};

struct sim_table {
    const char *schema, *table; /* "billing", "usage" */
    const char *file;
    uint32_t line; /* of the SELECT in it */
    const struct pack_object *bronze;
    const char *rows_sql;  /* one SELECT with `arrival` */
    const char *typed_sql; /* its rows from from_day to to_day, in the types of bronze, and `arrival` */
    const char *drift_sql; /* NULL: its shape does not change */
    const char *drift_file;
};

struct drawing;

struct sim_plan { /* read-only while workers run, but for what the lock guards */
    struct arena *arena;
    const struct simulate_options *options;
    struct pack_catalogue *catalogue;
    const char *folder; /* <pack>/simulate */
    struct sim_text world, events, plant;
    struct sim_table *tables;
    size_t table_count;
    struct sim_incident *incidents;
    size_t incident_count;
    const struct drawing *kinds; /* incident.c */
    int32_t from_day;
    int64_t span_count;

    pthread_mutex_t lock;
    struct cancel stop; /* one worker failed, or the caller cancelled */
    int64_t next_span, done, rows, files;
    struct error failure;
    int failed;
};

struct sim_incident {
    const char *kind, *domain, *target_type; /* of incidents.yaml */
    bool look_alike;
    int64_t target_no;
    const char *target_id, *target_name;
    int32_t from_day, to_day; /* to_day exclusive */
    double size;
    const char *where; /* file:line of the entry; NULL when it was drawn */
};

/* ---- content.c */
int sim_content_find(struct sim_plan *p, struct error *err) MUST_CHECK; /* loads the packs and reads the content that lies in them */
int sim_content_read(struct sim_plan *p, struct error *err) MUST_CHECK; /* of plan->folder, for plan->catalogue */
/* Runs all statements of a file. */
int sim_content_run(const struct sim_plan *p, struct engine_conn *c, const struct sim_text *t, int32_t from_day, int32_t to_day,
                    struct error *err) MUST_CHECK;
/* Parameters of the simulator's statements: seed, scale, first_day, until_day, from_day, to_day (exclusive). */
#define SIM_PARAMS 6
void sim_params(const struct sim_plan *p, int32_t from_day, int32_t to_day, struct engine_param ret[SIM_PARAMS]);
/* Columns of bronze that a load fills: no source has them. */
bool sim_is_bookkeeping(const char *column);
/* Makes typed_sql of each table; the tables of world and events are there. */
int sim_content_type_table(struct sim_plan *p, struct sim_table *t, struct engine_conn *c, struct error *err) MUST_CHECK;
int sim_content_type(struct sim_plan *p, struct engine_conn *c, struct error *err) MUST_CHECK;

/* ---- simulate.c */
/* Makes the world, plans and plants the incidents, and makes the tables of events, empty: for their types. */
int sim_begin(struct sim_plan *p, struct engine_conn *c, struct error *err) MUST_CHECK;

/* ---- incident.c */
/* Fills plan->incidents from the file or the seed; the world is there. */
int sim_incidents_plan(struct sim_plan *p, struct engine_conn *c, struct error *err) MUST_CHECK;
int sim_incidents_insert(const struct sim_plan *p, struct engine_conn *c, struct error *err) MUST_CHECK;
int sim_incidents_write(const struct sim_plan *p, struct error *err) MUST_CHECK; /* incidents.json */

/* ---- output.c */
const char *sim_day_text(int32_t day, char ret[16]); /* YYYY-MM-DD */
/* Rows of the days that params tell; from_day is the first of them. */
int sim_write_days(const struct sim_plan *p, const struct sim_table *t, struct engine_copier *k, const struct engine_param *params,
                   int32_t from_day, int64_t *ret_rows, int64_t *ret_files, struct error *err) MUST_CHECK;
int sim_write_delta_logs(struct sim_plan *p, struct error *err) MUST_CHECK;
int sim_write_yaml(const struct sim_plan *p, struct error *err) MUST_CHECK; /* secchi.yaml */

#endif
