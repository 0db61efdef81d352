/* What `affnotify check` says of a CSV sink's section. Said by format.c and columns.c. */
#ifndef CSV_SENTENCES_H
#define CSV_SENTENCES_H

#define SAY_COLUMNS_AND_PRESET                                                                     \
    "does not go with preset, which has columns of its own; leave one of the two out"
#define SAY_COLUMNS_EMPTY    "is empty; write HEADER:FIELD with commas between, or leave it out"
#define SAY_COLUMNS_TOO_LONG "is longer than %d bytes; leave columns out, or shorten their headers"
#define SAY_COLUMNS_TOO_MANY "has more than %d columns; leave some out"
#define SAY_COLUMN_FORM      "`%s` is not HEADER:FIELD; write such as E-mail:email"
#define SAY_COLUMN_FIELD                                                                           \
    "`%s:%s`: there is no such field; there are event_id, event, affiliate_id, email, deep_link, " \
    "occurred_at, status and fill"
#define SAY_HEADER_TOO_LONG "a header is longer than %d bytes: `%s`"
#define SAY_HEADER_TWICE    "two columns have the header `%s`; give each its own"
#define SAY_HIDDEN          "holds a control character"
#define SAY_ROWS_TOO_LONG   "a row could become longer than %d bytes; leave columns out"
#define SAY_FILL_NEEDED     "needs the column `%s`, which no event can supply; write fill.%s = VALUE"
#define SAY_FILL_LACKS      "the column `%s` has nothing to be filled with; write fill.%s = VALUE"
#define SAY_FILL_NO_KEY                                                                            \
    "the column `%s` cannot be filled: its header has none of the letters a to z and no digit, "   \
    "of which fill.COLUMN is made; give it one"
#define SAY_FILL_SHARED                                                                            \
    "the columns `%s` and `%s` would both be filled by fill.%s; change one of the headers"
#define SAY_FILL_TWICE   "is fill.%s again: both are for one column; leave one out"
#define SAY_FILL_UNKNOWN "there is no such column to fill; there is %s"
#define SAY_FILL_NOWHERE                                                                           \
    "there is no column to fill; write HEADER:fill in columns, or leave this out"
#define SAY_FILL_TOO_LONG "is longer than %d bytes"
#define SAY_MODE          "`%s` is not an octal mode by which its owner may read and write, such as 0640"
#define SAY_MODE_OTHERS   "lets every user of this machine read the addresses; 0640 does not"
#define SAY_BYTES_FEW     "must be 0, for no limit, or at least 128k"
#define SAY_MARKER_ALONE                                                                           \
    "has no effect: no file is ever finished without rotate_bytes, rotate_rows or rotate_daily"

#endif
