/* See post.h. */
#include "core/client/post.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/client/lane.h"

#define LINES_AT_ONCE_MAX 64 /* that are sent before their answers are read */
#define ANSWERS_BYTES     (64 * 1024)
#define RETRY_MS          1000 /* when neither bus nor spool takes anything */

/* ---- The thread's work ---- */

/* Some lines from the front of what is left. */
struct piece {
    const char *bytes;
    size_t length;
    size_t count;
};

static struct piece next_piece(const struct post *post, size_t count_max)
{
    struct piece piece = {.bytes = post->draining + post->drain_bytes - post->left_bytes};
    while (piece.length < post->left_bytes && piece.count < count_max) {
        const char *line = piece.bytes + piece.length;
        const char *end = memchr(line, '\n', post->left_bytes - piece.length);
        assert(end); /* lines are added whole */
        piece.length += (size_t)(end - line) + 1;
        piece.count++;
    }
    return piece;
}

/* Takes lines away from the front of what is left, and counts what became of them. */
static void settle(struct post *post, size_t count, uint64_t accepted, uint64_t refused,
                   uint64_t spooled)
{
    post->left_bytes -= next_piece(post, count).length;
    pthread_mutex_lock(&post->lock);
    post->counts.accepted += accepted;
    post->counts.refused += refused;
    post->counts.spooled += spooled;
    post->counts.queued -= count;
    pthread_mutex_unlock(&post->lock);
}

/* Until when the bus may take for what is sent now. */
static int64_t deadline(struct post *post)
{
    int64_t now = clock_mono_ms();
    pthread_mutex_lock(&post->lock);
    int64_t close_mono_ms = post->close_mono_ms;
    pthread_mutex_unlock(&post->lock);
    int64_t usual = now + post->timeout_ms;
    return close_mono_ms && close_mono_ms < usual ? close_mono_ms : usual;
}

/* Gives one piece to the bus; false when it did not take all of it. */
static bool send_piece(struct post *post)
{
    int32_t kinds[LINES_AT_ONCE_MAX];
    struct affn_client_result last;
    struct error error;
    struct piece piece = next_piece(post, LINES_AT_ONCE_MAX);
    const struct lane_lines lines = {
        .bytes = piece.bytes,
        .length = piece.length,
        .count = piece.count,
        .answers = post->answers,
        .answers_size = ANSWERS_BYTES,
    };
    size_t answered = lane_send(post->lane, &lines, deadline(post), kinds, &last, &error);
    uint64_t refused = 0;
    for (size_t i = 0; i < answered; i++)
        refused += kinds[i] == AFFN_CLIENT_REFUSED;
    settle(post, answered, answered - refused, refused, 0);
    return answered == piece.count;
}

/* Hands over all that is left, as far as anybody takes it; false when something is left. */
static bool drain(struct post *post)
{
    struct error error;
    bool bus_takes = !lane_has_spooled(post->lane, &error);
    while (bus_takes && post->left_bytes > 0)
        bus_takes = send_piece(post);
    if (post->left_bytes == 0)
        return true;
    struct piece rest = next_piece(post, SIZE_MAX);
    if (lane_spool(post->lane, rest.bytes, rest.length, &error) < 0)
        return false;
    settle(post, rest.count, 0, 0, rest.count);
    return true;
}

static struct timespec moment(int64_t mono_ms)
{
    return (struct timespec){.tv_sec = mono_ms / 1000, .tv_nsec = mono_ms % 1000 * 1000000};
}

/* Waits a while, or for the close; true when it came. */
static bool wait_for_close(struct post *post)
{
    struct timespec until = moment(clock_mono_ms() + RETRY_MS);
    pthread_mutex_lock(&post->lock);
    int waited = 0;
    while (!post->close_mono_ms && waited == 0)
        waited = pthread_cond_timedwait(&post->wake, &post->lock, &until);
    bool is_closing = post->close_mono_ms != 0;
    pthread_mutex_unlock(&post->lock);
    return is_closing;
}

/* At the end, with nobody to take it. */
static void give_up(struct post *post)
{
    size_t count = next_piece(post, SIZE_MAX).count;
    settle(post, count, 0, 0, 0);
    pthread_mutex_lock(&post->lock);
    post->counts.lost += count;
    pthread_mutex_unlock(&post->lock);
}

static void drain_or_wait(struct post *post)
{
    while (!drain(post)) {
        if (!wait_for_close(post))
            continue;
        if (!drain(post))
            give_up(post);
        return;
    }
}

/* Swaps the halves once something is there; false at the end. */
static bool take_half(struct post *post)
{
    pthread_mutex_lock(&post->lock);
    if (post->filling_bytes == 0)
        pthread_cond_broadcast(&post->calm);
    while (post->filling_bytes == 0 && !post->close_mono_ms)
        pthread_cond_wait(&post->wake, &post->lock);
    char *filled = post->filling;
    post->drain_bytes = post->left_bytes = post->filling_bytes;
    post->filling = post->draining;
    post->filling_bytes = 0;
    post->draining = filled;
    pthread_mutex_unlock(&post->lock);
    return post->left_bytes > 0;
}

static void *run(void *argument)
{
    struct post *post = argument;
    while (take_half(post))
        drain_or_wait(post);
    return NULL;
}

/* ---- The callers' side ---- */

/* With every signal blocked: none of the program's handlers may run in a thread of ours. */
static int start(struct post *post)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&post->thread, NULL, run, post);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    post->is_started = failed == 0;
    errno = failed;
    return failed ? -1 : 0;
}

int32_t post_add(struct post *post, const char *line, size_t length, struct error *error)
{
    int32_t result = AFFN_CLIENT_QUEUED;
    pthread_mutex_lock(&post->lock);
    if (length > post->queue_bytes - post->filling_bytes) {
        error_set(error, "the queue is full: the bus and the spool take events more slowly than "
                         "they are posted");
        result = AFFN_CLIENT_FULL;
    } else if (!post->is_started && start(post) < 0) {
        error_set_errno(error, "cannot start a thread");
        result = AFFN_CLIENT_FAILED;
    }
    if (result == AFFN_CLIENT_QUEUED) {
        memcpy(post->filling + post->filling_bytes, line, length);
        if (post->filling_bytes == 0)
            pthread_cond_signal(&post->wake);
        post->filling_bytes += length;
        post->counts.queued++;
    } else {
        post->counts.lost++;
    }
    pthread_mutex_unlock(&post->lock);
    return result;
}

void post_refuse(struct post *post)
{
    pthread_mutex_lock(&post->lock);
    post->counts.refused++;
    pthread_mutex_unlock(&post->lock);
}

void post_count(struct post *post, struct affn_client_counts *counts)
{
    pthread_mutex_lock(&post->lock);
    *counts = post->counts;
    pthread_mutex_unlock(&post->lock);
}

int post_flush(struct post *post, int64_t deadline_mono_ms)
{
    struct timespec until = moment(deadline_mono_ms);
    int waited = 0;
    pthread_mutex_lock(&post->lock);
    while (post->counts.queued > 0 && waited == 0)
        waited = pthread_cond_timedwait(&post->calm, &post->lock, &until);
    bool is_calm = post->counts.queued == 0;
    pthread_mutex_unlock(&post->lock);
    return is_calm ? 0 : -1;
}

/* ---- From start to end ---- */

int post_init(struct post *post, struct lane *lane, size_t queue_bytes, int64_t timeout_ms)
{
    *post = (struct post){.lane = lane, .timeout_ms = timeout_ms, .queue_bytes = queue_bytes};
    post->memory = malloc(2 * queue_bytes + ANSWERS_BYTES); /* untouched, it is no memory yet */
    if (!post->memory)
        return -1;
    post->filling = post->memory;
    post->draining = post->memory + queue_bytes;
    post->answers = post->memory + 2 * queue_bytes;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&post->wake, &monotonic);
    pthread_cond_init(&post->calm, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&post->lock, NULL);
    return 0;
}

uint64_t post_close(struct post *post)
{
    pthread_mutex_lock(&post->lock);
    post->close_mono_ms = clock_mono_ms() + post->timeout_ms;
    bool is_started = post->is_started;
    pthread_cond_signal(&post->wake);
    pthread_mutex_unlock(&post->lock);
    if (is_started)
        pthread_join(post->thread, NULL);
    uint64_t lost = post->counts.lost;
    pthread_cond_destroy(&post->wake);
    pthread_cond_destroy(&post->calm);
    pthread_mutex_destroy(&post->lock);
    return lost;
}

void post_free(struct post *post)
{
    free(post->memory);
    post->memory = NULL;
}
