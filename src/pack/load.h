/* Private to pack: what the files of the room hand each other while a catalogue is loaded. */
#ifndef SECCHI_PACK_LOAD_H
#define SECCHI_PACK_LOAD_H

#include "pack/pack.h"

struct pack_loader {
    struct pack_catalogue *c;
    struct arena *arena; /* of the catalogue */
    const char *pack, *dir;
    bool override;
    const char *domain; /* of the folder of functions that is read */
    VEC(struct pack_object *) objects;
    VEC(struct pack_derivation) derivations;
    VEC(struct pack_function *) functions;
    VEC(struct pack_metric_view *) metric_views;
    VEC(struct pack_dashboard) dashboards;
    VEC(struct pack_attribution) attributions;
    struct error *errs;
    size_t max_errs, err_count;
    int first_kind;
};

/* Notes an error and goes on with the next file; keeps the first max_errs. */
void pack_note(struct pack_loader *l, const struct error *err);
void pack_fault(struct pack_loader *l, const char *path, struct sql_pos pos, const char *text, const char *hint); /* hint may be NULL */
/* Reads the files of a folder that end with suffix, in byte order; an absent folder has none. */
typedef void pack_file_fn(struct pack_loader *l, const char *path, const char *stem, const char *text, size_t len);
void pack_each_file(struct pack_loader *l, const char *folder, const char *suffix, size_t max, pack_file_fn *fn);

void pack_read_table(struct pack_loader *l, enum pack_layer layer, const char *path, const char *text, size_t len);
void pack_read_checks(struct pack_loader *l, const char *path, const char *stem, const char *text, size_t len);
void pack_read_functions(struct pack_loader *l); /* of the pack's folder functions/ */
void pack_read_attributions(struct pack_loader *l);
void pack_sort_functions(struct pack_loader *l); /* puts them into the catalogue, what is called first */
void pack_read_metric_views(struct pack_loader *l);
void pack_link_metric_views(struct pack_loader *l); /* the tables are there: finds keys of joins, puts them into the catalogue */
void pack_sort(struct pack_loader *l);              /* links reads and puts objects into build order */

#endif
