/*
 * Erasing a person: their affiliate and all events with their rows at every sink, refused inputs
 * that name the address, and the texts of other rows that do. By steps; called by the bus between
 * two turns of its loop, at an operator's word.
 */
#ifndef AFFN_JOURNAL_FORGET_H
#define AFFN_JOURNAL_FORGET_H

#include "core/base/limits.h"
#include "core/journal/journal.h"

/* Zeroed, but for the first two. */
struct forgetting {
    char email_key[EMAIL_BYTES_MAX + 1];
    bool erases;   /* else it only counts */
    bool is_known; /* as an affiliate */
    char affiliate_id[AFFILIATE_ID_SIZE];
    int64_t events;
    int64_t pending; /* deliveries of theirs, which count as skipped */
    int64_t refused;
    int64_t texts; /* of other rows, that are blotted out */

    /* How far the step is that runs. */
    bool begun;
    int64_t seq; /* when it counts: the next event to look at */
    int64_t number;
    bool in_attempts;
    int64_t place[3];
};

/*
 * The three of them, in this order; each is called until it gives 0, or -1 with the error. While
 * events are erased, no sink may have one in its window.
 */
int journal_forget_events(struct journal *journal, struct forgetting *forgetting, int max_rows,
                          int64_t now_unix_ms, struct error *error);
int journal_forget_refused(struct journal *journal, struct forgetting *forgetting, int max_rows,
                           struct error *error);
int journal_forget_texts(struct journal *journal, struct forgetting *forgetting, int max_rows,
                         struct error *error);

/*
 * Empties the write-ahead log, so that nothing erased is left in it; outside of any transaction. 1
 * when it is empty, 0 while another program reads the journal.
 */
int journal_empty_log(struct journal *journal, struct error *error);

#endif
