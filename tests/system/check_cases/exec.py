"""Cases of the exec sink."""

from check_cases import marked, say, warn

HEADER = "plugins/exec/sentences.h"
SOURCES = ["plugins/exec/exec.c", "plugins/exec/command.c", "plugins/exec/environment.c"]

NOT_SEARCHED = "and programs are not searched for; write the whole path, such as /usr/local/bin/"

MARKED = [marked(
    "[sink:empty]",
    "plugin = exec",
    say("command =", SAY_COMMAND_EMPTY="is empty; write the whole path of a program, and its arguments after it"),
    "[sink:quotes]",
    "plugin = exec",
    say("command = '' /bin/cat",
        SAY_COMMAND_EMPTY="is empty; write the whole path of a program, and its arguments after it"),
    "[sink:name]",
    "plugin = exec",
    say("command = python3 sink.py", SAY_COMMAND_RELATIVE=f"begins with `python3`, {NOT_SEARCHED}python3"),
    "[sink:relative]",
    "plugin = exec",
    say("command = bin/sink", SAY_COMMAND_RELATIVE=f"begins with `bin/sink`, {NOT_SEARCHED}sink"),
    "[sink:folder]",
    "plugin = exec",
    say("command = /usr/bin/ cat", SAY_COMMAND_FOLDER="begins with /usr/bin/, which is a folder; name a program"),
    "[sink:single]",
    "plugin = exec",
    say("command = /bin/echo it's",
        SAY_COMMAND_QUOTE="has a quote (') that does not end; end it, or put it between the other kind"),
    "[sink:double]",
    "plugin = exec",
    say("command = /bin/echo '\"' \"a",
        SAY_COMMAND_QUOTE="has a quote (\") that does not end; end it, or put it between the other kind"),
    "[sink:shell]",
    "plugin = exec",
    warn("command = /bin/cat >>/var/log/events | sort",
         SAY_COMMAND_SHELL="hands `>>/var/log/events` to the program as it stands, for no shell is run; put what a shell "
                           "is to do into a script, or put the word between quotes if it is meant so"),
    "[sink:variables]",
    "plugin = exec",
    "command = /bin/cat '$HOME' '*'",
    "env.GOOD_1 = x",
    say("env.API-URL = x",
        SAY_VARIABLE_NAME="`API-URL` is no name of a variable; take letters, digits and _, beginning with no digit"),
    say("env.1ST = x",
        SAY_VARIABLE_NAME="`1ST` is no name of a variable; take letters, digits and _, beginning with no digit"),
    say("env.AFFNOTIFY_SINK = x",
        SAY_VARIABLE_OURS="`AFFNOTIFY_SINK` begins with AFFNOTIFY_, which is affnotify's own; take another name"),
    say("secret.GOOD_1 = file:{here}/token", SAY_VARIABLE_TWICE="`GOOD_1` is set by env.GOOD_1, too; leave one of them away "
                                                                        "(read from {here}/token)"),
    # A program that is not there is no mistake of the section: it is said when the sink is opened.
    "[sink:missing]",
    "plugin = exec",
    "command = /no/such/program",
    files={"token": "example"},
)]
CASES = {}
