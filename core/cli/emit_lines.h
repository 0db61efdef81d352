/* affnotify emit --jsonl FILE: the events of a file, one JSON object a line. emit.c calls it. */
#ifndef AFFN_CLI_EMIT_LINES_H
#define AFFN_CLI_EMIT_LINES_H

struct invocation;
struct target;

/* Hands all lines of the file in ("-" is stdin) and reports on each; returns the exit code. */
int emit_lines(const struct invocation *invocation, const struct target *target, const char *path);

#endif
