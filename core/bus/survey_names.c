/* See survey_names.h. */
#include "core/bus/survey_names.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/memory.h"

/* One that is being looked up; pid 0: none. */
struct lookup {
    pid_t pid;
    int fd;
    struct survey_name *name;
};

int survey_name_ask(const char *host)
{
    struct addrinfo *found = NULL;
    int answer = getaddrinfo(host, NULL, &(struct addrinfo){.ai_socktype = SOCK_STREAM}, &found);
    if (found)
        freeaddrinfo(found);
    return answer;
}

static void start(struct lookup *lookup, struct survey_name *name, survey_name_look *look)
{
    int fds[2];
    name->answer = EAI_SYSTEM;
    if (pipe(fds) < 0)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        int answer = look(name->host);
        ssize_t written = write(fds[1], &answer, sizeof answer);
        _exit(written == (ssize_t)sizeof answer ? 0 : 1);
    }
    close(fds[1]);
    if (pid > 0)
        *lookup = (struct lookup){.pid = pid, .fd = fds[0], .name = name};
    else
        close(fds[0]);
}

static void finish(struct lookup *lookup)
{
    int answer;
    if (read(lookup->fd, &answer, sizeof answer) == (ssize_t)sizeof answer)
        lookup->name->answer = answer;
    close(lookup->fd);
    while (waitpid(lookup->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    lookup->pid = 0;
}

static void give_up(struct lookup *lookup)
{
    kill(lookup->pid, SIGKILL);
    finish(lookup);
    lookup->name->answer = SURVEY_NAME_LATE;
}

/* Waits for those that run; false when the time is over. */
static bool wait_for_some(struct lookup *lookups, int64_t deadline_mono_ms)
{
    struct pollfd polls[NAMES_AT_ONCE];
    int64_t left_ms = deadline_mono_ms - clock_mono_ms();
    for (size_t i = 0; i < NAMES_AT_ONCE; i++)
        polls[i] = (struct pollfd){.fd = lookups[i].pid ? lookups[i].fd : -1, .events = POLLIN};
    if (left_ms <= 0)
        return false;
    if (poll(polls, NAMES_AT_ONCE, (int)left_ms) < 0)
        return errno == EINTR;
    for (size_t i = 0; i < NAMES_AT_ONCE; i++) {
        if (polls[i].revents)
            finish(&lookups[i]);
    }
    return true;
}

static size_t count_running(const struct lookup *lookups)
{
    size_t running = 0;
    for (size_t i = 0; i < NAMES_AT_ONCE; i++)
        running += lookups[i].pid != 0;
    return running;
}

void survey_names_look(struct survey_name *names, size_t count, int64_t limit_ms,
                       survey_name_look *look)
{
    struct lookup lookups[NAMES_AT_ONCE] = {0};
    int64_t deadline_mono_ms = clock_mono_ms() + limit_ms;
    size_t next = 0;
    bool in_time = true;
    while (in_time && (next < count || count_running(lookups) > 0)) {
        for (size_t i = 0; i < NAMES_AT_ONCE && next < count; i++) {
            if (lookups[i].pid == 0)
                start(&lookups[i], &names[next++], look);
        }
        in_time = count_running(lookups) == 0 || wait_for_some(lookups, deadline_mono_ms);
    }
    for (size_t i = 0; i < NAMES_AT_ONCE; i++) {
        if (lookups[i].pid)
            give_up(&lookups[i]);
    }
    for (; next < count; next++)
        names[next].answer = SURVEY_NAME_LATE;
}
