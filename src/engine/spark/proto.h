/*
 * Private to the Spark engine: the messages of Spark Connect that it sends and reads, as protobuf bytes.
 *
 * Numbers of fields are those of spark/connect/{base,commands,relations,expressions,types}.proto inside
 * spark-connect_2.13-4.2.0.jar; unknown fields are skipped, so newer servers are read as well.
 *
 * Writing adds to a struct buf, whose overflow is the only failure. Reading never goes beyond the bytes that it is given; what it
 * returns points into them.
 */
#ifndef SECCHI_ENGINE_SPARK_PROTO_H
#define SECCHI_ENGINE_SPARK_PROTO_H

#include "engine/engine.h"

/* ---- protobuf -------------------------------------------------------------------------------------------- */

enum proto_wire { PROTO_VARINT = 0, PROTO_FIXED64 = 1, PROTO_BYTES = 2, PROTO_FIXED32 = 5 };

void proto_put_number(struct buf *b, unsigned field, uint64_t value);
void proto_put_double(struct buf *b, unsigned field, double value);
void proto_put_bytes(struct buf *b, unsigned field, const void *data, size_t len);
void proto_put_text(struct buf *b, unsigned field, const char *text); /* NULL: nothing is written */
/* A message within a message: what is written between the two is its content. */
size_t proto_open(struct buf *b, unsigned field);
void proto_close(struct buf *b, size_t opened);

struct proto { /* what is still to be read */
    const char *at, *end;
    bool damaged; /* the bytes are no protobuf */
};
struct proto_field {
    unsigned number;
    enum proto_wire wire;
    uint64_t value;   /* VARINT, FIXED64, FIXED32 */
    const char *data; /* BYTES */
    size_t len;
};
/* The next field; false at the end and when the rest is damaged. */
bool proto_next(struct proto *p, struct proto_field *ret);

/* ---- requests ----------------------------------------------------------------------------------------------- */

struct spark_who { /* what every request tells */
    const char *session_id;
    const char *user_id;           /* NULL: none */
    const char *client_type;       /* NULL: none */
    const char *server_session_id; /* what the server called the session at first; one started anew then refuses. NULL: not known */
};

struct spark_text { /* bytes of a message */
    const char *data;
    size_t len;
};

enum spark_plan_kind {
    SPARK_QUERY,    /* a relation of SQL: rows are asked */
    SPARK_COMMAND,  /* SQL that is run at once; its answer is a relation */
    SPARK_RELATION, /* an encoded relation, as a command answers it */
    SPARK_APPEND,   /* rows in the Arrow IPC stream format are appended to a table, by name */
    SPARK_CREATE    /* a table of the format `source` is made of such rows, or they are appended */
};
struct spark_plan {
    enum spark_plan_kind kind;
    const char *sql; /* QUERY, COMMAND */
    const struct engine_param *params;
    size_t param_count;
    struct spark_text relation; /* RELATION */
    struct spark_text rows;     /* APPEND, CREATE */
    const char *schema;         /* APPEND, CREATE: their types as DDL text; NULL: those of the rows */
    const char *table;          /* APPEND, CREATE: its name as SQL text */
    const char *source;         /* CREATE */
};

/* The execution can be taken up again after its connection broke (reattachable). */
void spark_put_execute(struct buf *b, const struct spark_who *who, const char *operation_id, const struct spark_plan *plan);
void spark_put_reattach(struct buf *b, const struct spark_who *who, const char *operation_id, const char *last_response_id);
void spark_put_release(struct buf *b, const struct spark_who *who, const char *operation_id);
void spark_put_interrupt(struct buf *b, const struct spark_who *who, const char *operation_id);
void spark_put_release_session(struct buf *b, const struct spark_who *who);
void spark_put_config(struct buf *b, const struct spark_who *who, const char *const (*pairs)[2], size_t count);
void spark_put_analyze_schema(struct buf *b, const struct spark_who *who, const struct spark_plan *query);
void spark_put_analyze_table(struct buf *b, const struct spark_who *who, const char *table); /* its name as SQL text */
void spark_put_analyze_version(struct buf *b, const struct spark_who *who);

struct spark_text spark_text_copy(struct arena *a, struct spark_text t);

/* ---- answers -------------------------------------------------------------------------------------------------- */

struct spark_response { /* one of the stream of ExecutePlan; absent texts have data NULL */
    struct spark_text response_id;
    struct spark_text relation; /* the answer of a command */
    struct spark_text batch;    /* rows as a whole Arrow IPC stream */
    struct spark_text schema;   /* encoded type of the rows */
    bool complete;              /* the last one */
    bool progress;
    int64_t tasks, tasks_done; /* of the stages known so far */
};
/* Each gives 0, or ERROR_ENGINE when the bytes are damaged. */
int spark_get_response(struct spark_text message, struct spark_response *ret, struct error *err) MUST_CHECK;
/* What the server calls the session, in the answer to spark_put_config. */
int spark_get_server_session(struct spark_text message, struct arena *a, const char **ret, struct error *err) MUST_CHECK;
int spark_get_version(struct spark_text message, struct arena *a, const char **ret, struct error *err) MUST_CHECK;
/* The encoded schema in the answer to spark_put_analyze_schema. */
int spark_get_analyzed(struct spark_text message, struct spark_text *ret, struct error *err) MUST_CHECK;
/* Columns of an encoded struct type, with Databricks type texts. */
int spark_get_columns(struct spark_text type, struct arena *a, struct engine_column **ret, size_t *ret_count, struct error *err) MUST_CHECK;
/* The rows of an encoded relation when it holds them itself (LocalRelation); data NULL: it does not. */
int spark_get_local_rows(struct spark_text relation, struct spark_text *ret, struct error *err) MUST_CHECK;

#endif
