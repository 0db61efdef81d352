"""Cases of core/bus/sentences.h."""

from check_cases import Case

HEADER = "core/bus/sentences.h"
SOURCES = ["core/bus/survey.c"]

CASES = {
    "SAY_STATE_NO_FOLDER": Case(
        files={"state": "a file"},
        says="affnotify.ini:2: [bus] state: {here}/state is no folder; name one, or move away what is there",
    ),
    "SAY_STATE_LISTED": Case(
        files={"state/": 0o755},
        says="warning: affnotify.ini:2: [bus] state: {here}/state has mode 0755, so that others may see what is in "
             "it; `chmod 0711 {here}/state`",
    ),
    "SAY_STATE_OPEN": Case(
        files={"state/": 0o770},
        says="warning: affnotify.ini:2: [bus] state: {here}/state has mode 0770, so that others may remove and "
             "replace what is in it; `chmod 0710 {here}/state`",
    ),
}
