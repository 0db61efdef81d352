/* See hosts.h. */
#include "tests/sim/hosts.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/wire/message.h"
#include "tests/sim/draw.h"
#include "tests/sim/faults.h"
#include "tests/sim/reactions.h"
#include "tests/sim/story.h"
#include "tests/sim/times.h"
#include "tests/sim/witness.h"

#define OUT_BYTES_MAX        (16 * FRAME_BYTES_MAX) /* as core/bus/host_process.c has it */
#define SOCKET_BYTES_MAX_SIM (256 * 1024)
#define LINGER_MS            500
#define KILL_MS_MAX          20 /* from the signal to the process's end */

static struct sim_host *hosts;
static int last_pid;
static uint64_t deeds_thought_up;

void hosts_begin(void)
{
    assert(!hosts);
    last_pid = 1000;
    deeds_thought_up = 0;
}

size_t hosts_count(void)
{
    size_t count = 0;
    for (const struct sim_host *host = hosts; host; host = host->next)
        count++;
    return count;
}

struct sim_host *hosts_draw(void)
{
    size_t count = hosts_count();
    if (count == 0)
        return NULL;
    struct sim_host *host = hosts;
    for (uint32_t left = draw_below(DRAW_STEPS, (uint32_t)count); left > 0; left--)
        host = host->next;
    return host;
}

static struct sim_host *host_of(const struct host_process *process)
{
    struct sim_host *host = hosts;
    while (host && host->process != process)
        host = host->next;
    return host;
}

/* ---- What they will do ---- */

static struct deed *think_up(struct sim_host *host, enum deed_kind kind, int64_t delay_ms)
{
    struct deed *deed = memory_new(1, sizeof *deed);
    *deed = (struct deed){
        .kind = kind, .due_ms = clock_mono_ms() + delay_ms, .number = deeds_thought_up++};
    struct deed **link = &host->deeds;
    while (*link && (*link)->due_ms <= deed->due_ms)
        link = &(*link)->next;
    deed->next = *link;
    *link = deed;
    return deed;
}

static void free_deed(struct deed *deed)
{
    buffer_finish(&deed->bytes);
    free(deed->told.verdicts);
    free(deed);
}

void hosts_will_send(struct sim_host *host, int64_t delay_ms, struct buffer bytes,
                     const struct told *told)
{
    struct deed *deed = think_up(host, DEED_SEND, delay_ms);
    deed->bytes = bytes;
    if (told)
        deed->told = *told;
    if (deed->due_ms > host->last_answer_ms)
        host->last_answer_ms = deed->due_ms;
}

void hosts_will_close(struct sim_host *host, int64_t delay_ms)
{
    think_up(host, DEED_CLOSE, delay_ms);
}

void hosts_will_die(struct sim_host *host, int64_t delay_ms, int status)
{
    think_up(host, DEED_DIE, delay_ms)->status = status;
}

void hosts_stop_reading(struct sim_host *host, int64_t for_ms, size_t socket_bytes)
{
    host->reads = false;
    host->socket_bytes_max = socket_bytes;
    think_up(host, DEED_READ, for_ms);
}

static void drop_deeds(struct sim_host *host)
{
    while (host->deeds) {
        struct deed *deed = host->deeds;
        host->deeds = deed->next;
        free_deed(deed);
    }
}

/* ---- Frames to a host ---- */

/* The whole frames at the front of a buffer go to `take`; returns how many bytes they have. */
static size_t take_frames(struct sim_host *host, const char *bytes, size_t length,
                          void (*take)(struct sim_host *host, struct frame *frame))
{
    struct frame frame;
    size_t done = 0, used;
    while (frame_read(bytes + done, length - done, &frame, &used) == 1) {
        done += used;
        take(host, &frame);
    }
    return done;
}

static void see(struct sim_host *host, struct frame *frame)
{
    struct message_deliver deliver;
    host->closing = host->closing || frame->type == MESSAGE_CLOSE;
    if (frame->type != MESSAGE_DELIVER)
        return;
    int read = message_get_deliver(frame, &deliver);
    assert(read == 0);
    witness_sent(host->sink, &deliver);
    free(deliver.events);
}

/* The bus has put something out: from here on it is sent, whenever the host reads it. */
static void see_out(struct sim_host *host)
{
    const struct buffer *out = &host->process->out;
    host->seen += take_frames(host, out->data + host->seen, out->len - host->seen, see);
}

static void read_socket(struct sim_host *host)
{
    if (!host->reads)
        return;
    size_t done = take_frames(host, host->socket.data, host->socket.len, reactions_to_frame);
    buffer_drop(&host->socket, done);
}

struct buffer *host_process_out(struct host_process *process)
{
    return &process->out;
}

void host_process_send(struct host_process *process)
{
    struct sim_host *host = host_of(process);
    if (!host || !witness_is_awake())
        return;
    see_out(host);
    while (process->socket_fd >= 0 && process->out.len > 0) {
        size_t room = host->socket_bytes_max - host->socket.len;
        size_t bytes = process->out.len < room ? process->out.len : room;
        if (bytes == 0)
            break;
        buffer_add(&host->socket, process->out.data, bytes);
        buffer_drop(&process->out, bytes);
        host->seen -= bytes;
        read_socket(host);
    }
    if (process->socket_fd >= 0 && process->out.len > 0)
        fault_fired(FAULT_SOCKET_FULL);
}

/* ---- Start and end ---- */

int host_process_open_program(struct error *error)
{
    return error_set(error, "there is no program in a simulated world");
}

void host_process_init(struct host_process *process, const char *name,
                       const struct host_calls *calls, void *owner)
{
    *process = (struct host_process){.calls = calls, .owner = owner, .name = name, .socket_fd = -1};
    buffer_init(&process->in, FRAME_HEAD_BYTES + 2 * FRAME_BYTES_MAX);
    buffer_init(&process->out, OUT_BYTES_MAX);
    host_output_init(&process->output, name);
}

static void free_host(struct sim_host *host)
{
    struct sim_host **link = &hosts;
    while (*link != host)
        link = &(*link)->next;
    *link = host->next;
    drop_deeds(host);
    buffer_finish(&host->socket);
    free(host);
}

void host_process_finish(struct host_process *process)
{
    if (!process || !process->calls)
        return;
    struct sim_host *host = host_of(process);
    if (host)
        free_host(host);
    buffer_finish(&process->in);
    buffer_finish(&process->out);
    host_output_finish(&process->output);
    *process = (struct host_process){.socket_fd = -1};
}

int host_process_start(struct host_process *process, struct event_base *base, int program_fd,
                       const char *plugin_path, struct error *error)
{
    (void)base;
    (void)program_fd;
    (void)plugin_path;
    assert(process->pid == 0 && !host_of(process));
    if (reactions_refuse_start())
        return error_set(error, "cannot start a process: %s", strerror(EAGAIN));
    struct sim_host *host = memory_new(1, sizeof *host);
    *host = (struct sim_host){.process = process,
                              .pid = ++last_pid,
                              .socket_bytes_max = SOCKET_BYTES_MAX_SIM,
                              .reads = true,
                              .last_answer_ms = clock_mono_ms(),
                              .next = hosts};
    snprintf(host->sink, sizeof host->sink, "%s", process->name);
    buffer_init(&host->socket, SOCKET_BYTES_MAX_SIM);
    hosts = host;
    process->pid = host->pid;
    process->socket_fd = host->pid; /* any number that is none of a closed one */
    process->reason[0] = '\0';
    process->disordered = process->spoke = process->tidy = false;
    process->signal = 0;
    reactions_to_start(host);
    return 0;
}

/* What it had not begun to send by now it never will. */
void host_process_kill(struct host_process *process, const char *reason)
{
    struct sim_host *host = host_of(process);
    if (!host)
        return;
    if (!process->reason[0])
        snprintf(process->reason, sizeof process->reason, "%s", reason);
    if (strncmp(process->reason, "gave no answer within", 21) == 0)
        fault_fired(FAULT_KILLED_FOR_OVERRUN);
    witness_host_ending(host->sink);
    drop_deeds(host);
    hosts_will_die(host, draw_between(DRAW_HOSTS, 0, KILL_MS_MAX), W_EXITCODE(0, SIGKILL));
}

bool host_process_is_ending(const struct host_process *process)
{
    return process->reason[0] || process->socket_fd < 0;
}

static void describe_end(const struct host_process *process, int status, char *text, size_t size)
{
    if (process->reason[0])
        snprintf(text, size, "%s", process->reason);
    else if (WIFSIGNALED(status))
        snprintf(text, size, "was killed by signal %d", WTERMSIG(status));
    else
        snprintf(text, size, "ended with status %d", WEXITSTATUS(status));
}

bool host_process_reaped(struct host_process *process, pid_t pid, int status)
{
    struct sim_host *host = host_of(process);
    char text[TEXT_BYTES_MAX];
    if (!host || host->pid != pid)
        return false;
    process->socket_fd = -1;
    process->tidy = !process->reason[0] && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    process->signal = !process->reason[0] && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    process->pid = 0;
    describe_end(process, status, text, sizeof text);
    buffer_clear(&process->in);
    buffer_clear(&process->out);
    bool overran = !host->closing && strncmp(text, "gave no answer within", 21) == 0;
    free_host(host);
    witness_host_ended(process->name, overran, text);
    process->calls->gone(process->owner, text);
    return true;
}

/* ---- Doing ---- */

static void tell(const struct sim_host *host, const struct told *told)
{
    if (told->opened && witness_is_awake())
        witness_host_opened(host->sink);
    if (told->has_outcome)
        witness_outcome(host->sink, &told->outcome);
}

/* As host_process.c does it: a frame that makes no sense is the host's death. */
static void give_frames(struct sim_host *host, const struct told *told)
{
    struct host_process *process = host->process;
    struct frame frame;
    size_t done = 0, used;
    int found, result = 0;
    struct error error = {.text = ""};
    while (result == 0 && (found = frame_read(process->in.data + done, process->in.len - done,
                                              &frame, &used)) != 0) {
        assert(found > 0);
        done += used;
        tell(host, told);
        result = process->calls->frame(process->owner, &frame, &error);
        process->spoke = true;
    }
    buffer_drop(&process->in, done);
    if (result == 0)
        return;
    if (!error.text[0])
        error_set(&error, "sent a frame that makes no sense here");
    if (told->opened || told->has_outcome)
        witness_complain("%s: the bus refuses an answer that makes sense: %s", host->sink,
                         error.text);
    host_process_kill(process, error.text);
    process->disordered = true;
    process->socket_fd = -1;
}

static void send_bytes(struct sim_host *host, const struct deed *deed)
{
    struct host_process *process = host->process;
    if (process->disordered || process->socket_fd < 0)
        return;
    int added = buffer_add(&process->in, deed->bytes.data, deed->bytes.len);
    assert(added == 0);
    give_frames(host, &deed->told);
}

/* The bus gives it a moment to end by itself. */
static void close_socket(struct sim_host *host)
{
    host->process->socket_fd = -1;
    witness_host_ending(host->sink);
    if (!host->deeds || host->deeds->due_ms > clock_mono_ms() + LINGER_MS) {
        fault_fired(FAULT_SOCKET_CLOSED_ONLY);
        drop_deeds(host);
        hosts_will_die(host, LINGER_MS, W_EXITCODE(0, SIGKILL));
    }
}

static void carry_out(struct sim_host *host, const struct deed *deed)
{
    switch (deed->kind) {
    case DEED_SEND:
        send_bytes(host, deed);
        return;
    case DEED_READ:
        host->reads = true;
        host->socket_bytes_max = SOCKET_BYTES_MAX_SIM;
        read_socket(host);
        host_process_send(host->process);
        return;
    case DEED_CLOSE:
        close_socket(host);
        return;
    case DEED_DIE:
        host_process_reaped(host->process, host->pid, deed->status);
        return;
    }
}

static struct sim_host *find_next(void)
{
    struct sim_host *first = NULL;
    for (struct sim_host *host = hosts; host; host = host->next) {
        if (host->deeds && (!first || host->deeds->due_ms < first->deeds->due_ms ||
                            (host->deeds->due_ms == first->deeds->due_ms &&
                             host->deeds->number < first->deeds->number)))
            first = host;
    }
    return first;
}

int64_t hosts_next_due(void)
{
    const struct sim_host *host = find_next();
    return host ? host->deeds->due_ms : TIMES_NEVER;
}

void hosts_act(void)
{
    struct sim_host *host;
    while ((host = find_next()) && host->deeds->due_ms <= clock_mono_ms()) {
        struct deed *deed = host->deeds;
        host->deeds = deed->next;
        carry_out(host, deed);
        free_deed(deed);
    }
}
