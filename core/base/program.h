/* The running program: where it lies, so that a build tree works like an installed one. */
#ifndef AFFN_BASE_PROGRAM_H
#define AFFN_BASE_PROGRAM_H

/*
 * The path of something that lies at `relative` from the running program's own directory, such as
 * "../libexec/affnotify-host"; to be freed. The file need not exist.
 */
char *program_relative(const char *relative);

/*
 * Opens /dev/null in the place of each of stdin, stdout and stderr that is closed: else the next
 * file or socket would become it, and what is printed would go there.
 */
void program_hold_standard_fds(void);

#endif
