/*
 * What `check` says of the options of an exec sink, as formats. Each has a case in
 * tests/system/check_cases/exec.py.
 */
#ifndef EXEC_SENTENCES_H
#define EXEC_SENTENCES_H

#define SAY_COMMAND_EMPTY "is empty; write the whole path of a program, and its arguments after it"
#define SAY_COMMAND_RELATIVE                                                                       \
    "begins with `%s`, and programs are not searched for; write the whole path, such as "          \
    "/usr/local/bin/%s"
#define SAY_COMMAND_FOLDER "begins with %s, which is a folder; name a program"
#define SAY_COMMAND_QUOTE                                                                          \
    "has a quote (%c) that does not end; end it, or put it between the other kind"
#define SAY_COMMAND_SHELL                                                                          \
    "hands `%s` to the program as it stands, for no shell is run; put what a shell is to do into " \
    "a script, or put the word between quotes if it is meant so"
#define SAY_VARIABLE_NAME                                                                          \
    "`%s` is no name of a variable; take letters, digits and _, beginning with no digit"
#define SAY_VARIABLE_OURS  "`%s` begins with AFFNOTIFY_, which is affnotify's own; take another name"
#define SAY_VARIABLE_TWICE "`%s` is set by env.%s, too; leave one of them away"

#endif
