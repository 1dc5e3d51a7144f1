/*
 * Private to the Spark engine: gRPC calls over HTTP/2 by libcurl, one wire a session.
 *
 * A call sends one message and gets one or a stream. It ends in one of four states; a broken one may be tried again, a failed one
 * was answered. One thread at a time uses a wire; wire_wake comes from any.
 */
#ifndef SECCHI_ENGINE_SPARK_WIRE_H
#define SECCHI_ENGINE_SPARK_WIRE_H

#include "engine/spark/connect.h"

enum wire_state {
    WIRE_MESSAGE,
    WIRE_END,     /* the server ended the stream without a fault */
    WIRE_BROKEN,  /* no or no whole answer came: ret is an ERROR_UNAVAILABLE that says why */
    WIRE_FAILED,  /* the server refused or failed it */
    WIRE_STOPPED, /* the stop function said so */
};

struct wire;
struct wire_call;

/* stop (may be NULL) is asked while answers are waited for. The address must live as long as the wire. */
int wire_open(const struct spark_address *address, bool (*stop)(void *context), void *context, struct wire **ret,
              struct error *err) MUST_CHECK;
void wire_close(struct wire *w); /* NULL is fine */
void wire_wake(struct wire *w);  /* what waits for answers asks the stop function at once */

/* Sends `method` of the service with a message, which is copied. timeout_s 0: none, but a server that is silent for SILENT_SECONDS
 * has broken it. */
struct wire_call *wire_send(struct wire *w, const char *method, const struct buf *message, int timeout_s);
/* The next message of the answer, which lives until the next call of it. heed: the stop function is asked. err tells of all states
 * but WIRE_MESSAGE and WIRE_END. */
enum wire_state wire_next(struct wire_call *c, bool heed, struct spark_text *ret, struct error *err);
bool wire_unsent(const struct wire_call *c); /* of a broken call: the server cannot have got it */
void wire_end(struct wire_call *c);          /* stops it; NULL is fine */

#endif
