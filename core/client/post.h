/*
 * Events on their way: a queue in memory, and the one thread that hands over what is in it. What a
 * caller adds goes into one half while the thread works on the other, so that adding costs a copy
 * and a lock that is never held for long; and what came in meanwhile goes out in one write.
 *
 * A thread, because an event that is on its way must get to the disk whether or not the program
 * ever calls again, and because the spool waits for the disk, which no call that returns in
 * microseconds may do. client.c calls it.
 */
#ifndef AFFN_CLIENT_POST_H
#define AFFN_CLIENT_POST_H

#include <affnotify/client.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct lane;

struct post {
    struct lane *lane;
    int64_t timeout_ms;

    pthread_mutex_t lock; /* for what follows, to `counts` */
    pthread_cond_t wake;  /* there is something to do */
    pthread_cond_t calm;  /* there is nothing left */
    pthread_t thread;
    bool is_started;
    int64_t close_mono_ms; /* until then the bus is waited for at the end; 0 while it is open */
    char *filling;         /* lines, whole ones */
    size_t filling_bytes;
    size_t queue_bytes; /* that one half takes */
    struct affn_client_counts counts;

    char *memory;      /* both halves, and the answers */
    char *draining;    /* the thread's own */
    char *answers;     /* likewise */
    size_t left_bytes; /* at the end of what is being drained */
    size_t drain_bytes;
};

/* 0, or -1 with errno. */
int post_init(struct post *post, struct lane *lane, size_t queue_bytes, int64_t timeout_ms);

/* Adds a line: AFFN_CLIENT_QUEUED, _FULL, or _FAILED when the thread cannot be started. */
int32_t post_add(struct post *post, const char *line, size_t length, struct error *error);

/* Counts an event that was not even a line. */
void post_refuse(struct post *post);

void post_count(struct post *post, struct affn_client_counts *counts);

/* 0, or -1 when there is still something queued at the deadline. */
int post_flush(struct post *post, int64_t deadline_mono_ms);

/* Hands over what is queued and ends the thread; returns how many events were lost. */
uint64_t post_close(struct post *post);

/* Frees the memory and no more: also in a child, whose thread does not exist. */
void post_free(struct post *post);

#endif
