"""Cases of the csv sink."""

from check_cases import marked, say, warn

HEADER = "plugins/csv/sentences.h"
SOURCES = ["plugins/csv/csv.c", "plugins/csv/columns.c", "plugins/csv/format.c"]
TEST = "tests/unit/plugins/test_csv_format.c"

FIELDS = "event_id, event, affiliate_id, email, deep_link, occurred_at, status and fill"


def file(name, *lines):
    return f"[sink:{name}]", "plugin = csv", f"path = {{here}}/{name}.csv", *lines


MARKED = [marked(
    *file("both", "preset = hubspot",
          say("columns = a:email",
              SAY_COLUMNS_AND_PRESET="does not go with preset, which has columns of its own; leave one of the two out")),
    *file("empty", say('columns = ""', SAY_COLUMNS_EMPTY="is empty; write HEADER:FIELD with commas between, or leave it "
                                                        "out")),
    *file("long", say("columns = " + 3001 * "x",
                      SAY_COLUMNS_TOO_LONG="is longer than 3000 bytes; leave columns out, or shorten their headers")),
    *file("many", say("columns = " + ",".join(f"a{i}:email" for i in range(25)),
                      SAY_COLUMNS_TOO_MANY="has more than 24 columns; leave some out")),
    *file("form", say("columns = E-mail:email, Name",
                      SAY_COLUMN_FORM="`Name` is not HEADER:FIELD; write such as E-mail:email")),
    *file("field", say("columns = Name: name",
                       SAY_COLUMN_FIELD=f"`Name:name`: there is no such field; there are {FIELDS}")),
    *file("header", say("columns = " + 101 * "x" + ":email",
                        SAY_HEADER_TOO_LONG="a header is longer than 100 bytes: `" + 101 * "x" + "`")),
    *file("twice", say("columns = A:email, A:event",
                       SAY_HEADER_TWICE="two columns have the header `A`; give each its own")),
    *file("rows", say("columns = " + ",".join(f"a{i}:deep_link" for i in range(16)),
                      SAY_ROWS_TOO_LONG="a row could become longer than 65536 bytes; leave columns out")),
    *file("needed", say("preset = pipedrive",
                        SAY_FILL_NEEDED="needs the column `Person - Name`, which no event can supply; write "
                                        "fill.person_name = VALUE")),
    *file("lacks", say("columns = Mail:email, Lead Source:fill",
                       SAY_FILL_LACKS="the column `Lead Source` has nothing to be filled with; write fill.lead_source = "
                                      "VALUE")),
    *file("no-key", say("columns = Mail:email, \u59d3:fill",
                        SAY_FILL_NO_KEY="the column `\u59d3` cannot be filled: its header has none of the letters a to z "
                                        "and no digit, of which fill.COLUMN is made; give it one")),
    *file("shared", say("columns = Lead Source:fill, Lead-Source:fill",
                        SAY_FILL_SHARED="the columns `Lead Source` and `Lead-Source` would both be filled by "
                                        "fill.lead_source; change one of the headers"), "fill.lead_source = Example"),
    *file("again", "columns = Lead Source:fill", "fill.lead_source = Example",
          say("fill.lead-source = Example", SAY_FILL_TWICE="is fill.lead_source again: both are for one column; leave one "
                                                           "out")),
    *file("unknown", "preset = hubspot",
          say("fill.company = Example", SAY_FILL_UNKNOWN="there is no such column to fill; there is First Name, Last Name, "
                                                         "Lifecycle Stage, Lead Status")),
    *file("nowhere", say("fill.company = Example",
                         SAY_FILL_NOWHERE="there is no column to fill; write HEADER:fill in columns, or leave this out")),
    *file("filled", "columns = A:fill",
          say("fill.a = " + 256 * "x", SAY_FILL_TOO_LONG="is longer than 255 bytes")),
    *file("mode", say("mode = 0750", SAY_MODE="`0750` is not an octal mode by which its owner may read and write, such as "
                                             "0640")),
    *file("others", warn("mode = 0644", SAY_MODE_OTHERS="lets every user of this machine read the addresses; 0640 does "
                                                       "not")),
    *file("few", say("rotate_bytes = 1k", SAY_BYTES_FEW="must be 0, for no limit, or at least 128k")),
    *file("marker", warn("done_marker = yes",
                         SAY_MARKER_ALONE="has no effect: no file is ever finished without rotate_bytes, rotate_rows or "
                                          "rotate_daily")),
    *file("good", "preset = salesforce", "fill.Last_Name = Affiliate", "fill.company = Example", "rotate_rows = 0"),
)]
CASES = {}

ELSEWHERE = {
    "SAY_HIDDEN": ("the file's reader refuses such a line", TEST),
}
