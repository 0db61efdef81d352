/* See prompt.h. */
#include "core/cli/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/memory.h"

/* The kernel keeps so much of a line and drops the rest in silence (termios(3), canonical mode). */
#define LINE_MAX_BYTES 4095

static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

#define DEADLY (sizeof deadly / sizeof *deadly)

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
}

struct signals {
    struct sigaction before[DEADLY], stop_before;
    sigset_t mask_before;
};

/*
 * Those that end us come only while we wait, so that none is missed just before. A stop would leave the
 * terminal silent.
 */
static void catch_signals(struct signals *signals)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked;
    caught = 0;
    sigemptyset(&action.sa_mask);
    sigemptyset(&blocked);
    for (size_t i = 0; i < DEADLY; i++)
        sigaddset(&blocked, deadly[i]);
    sigprocmask(SIG_BLOCK, &blocked, &signals->mask_before);
    for (size_t i = 0; i < DEADLY; i++)
        sigaction(deadly[i], &action, &signals->before[i]);
    action.sa_handler = SIG_IGN;
    sigaction(SIGTSTP, &action, &signals->stop_before);
}

static void give_signals_back(const struct signals *signals)
{
    for (size_t i = 0; i < DEADLY; i++)
        sigaction(deadly[i], &signals->before[i], NULL);
    sigaction(SIGTSTP, &signals->stop_before, NULL);
    sigprocmask(SIG_SETMASK, &signals->mask_before, NULL);
}

/* Until a line is there; -1 when a signal came instead. */
static int wait_for_line(int fd, const struct signals *signals)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    while (ppoll(&one, 1, NULL, &signals->mask_before) < 0 && errno == EINTR && !caught)
        ;
    return caught ? -1 : 0;
}

/* Reads a line of the terminal into LINE_MAX_BYTES + 1 bytes. */
static int read_line(int fd, const struct signals *signals, char *line, struct error *error)
{
    size_t length = 0;
    while (length < LINE_MAX_BYTES && (length == 0 || line[length - 1] != '\n')) {
        if (wait_for_line(fd, signals) < 0)
            return error_set(error, "interrupted");
        ssize_t got = read(fd, line + length, LINE_MAX_BYTES - length);
        if (got < 0)
            return error_set_errno(error, "the terminal");
        if (got == 0)
            break; /* the end was typed */
        length += (size_t)got;
    }
    if (length >= LINE_MAX_BYTES && line[length - 1] != '\n')
        return error_set(error, "what was typed is too long for a terminal's line; write it into a "
                                "file and give that on stdin");
    if (length > 0 && line[length - 1] == '\n')
        length--;
    line[length] = '\0';
    return 0;
}

/* What is typed is shown on request only. */
static int set_echo(int fd, const struct termios *before, bool echo)
{
    struct termios wanted = *before;
    wanted.c_lflag |= ICANON | ISIG;
    if (!echo)
        wanted.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    return tcsetattr(fd, echo ? TCSADRAIN : TCSAFLUSH, &wanted);
}

static char *ask(int fd, const char *question, bool echo, const struct signals *signals,
                 const struct termios *before, struct error *error)
{
    char line[LINE_MAX_BYTES + 1];
    char *typed = NULL;
    if (set_echo(fd, before, echo) < 0) {
        error_set_errno(error, "the terminal");
        return NULL;
    }
    if (file_write_all(fd, question, strlen(question)) == 0 &&
        read_line(fd, signals, line, error) == 0)
        typed = memory_text(line);
    tcsetattr(fd, echo ? TCSADRAIN : TCSAFLUSH, before);
    if (!echo && file_write_all(fd, "\n", 1) < 0 && typed)
        typed[0] = '\0'; /* nobody reads any more; we are asked to end */
    explicit_bzero(line, sizeof line);
    return typed;
}

static char *prompt(const char *question, bool echo, const char *else_do, struct error *error)
{
    struct signals signals;
    struct termios before;
    char *typed = NULL;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (fd < 0 || tcgetattr(fd, &before) < 0) {
        error_set(error, "there is no terminal to ask on; %s", else_do);
    } else {
        catch_signals(&signals);
        typed = ask(fd, question, echo, &signals, &before, error);
        give_signals_back(&signals);
        if (caught)
            raise(caught);
    }
    if (fd >= 0)
        close(fd);
    return typed;
}

char *prompt_secret(const char *question, struct error *error)
{
    return prompt(question, false, "give the secret on stdin", error);
}

char *prompt_line(const char *question, struct error *error)
{
    return prompt(question, true, "run it with stdin from /dev/null, which asks nothing", error);
}
