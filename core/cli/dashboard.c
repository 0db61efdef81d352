/* See dashboard.h. */
#include "core/cli/dashboard.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/csv.h"
#include "core/cli/event_line.h"
#include "core/cli/show.h"
#include "core/event/email.h"

#define ROWS_MAX 4000000 /* some 200 bytes each */

/* ---- Which column is which ---- */

enum { COLUMN_EMAIL, COLUMN_AFFILIATE_ID, COLUMN_DEEP_LINK, COLUMN_STATUS, COLUMNS };

/* What exports call them, in letters and digits alone; the first that is there is taken. */
static const char *const guesses[COLUMNS][8] = {
    [COLUMN_EMAIL] = {"email", "emailaddress", "affiliateemail", "useremail", "mail"},
    [COLUMN_AFFILIATE_ID] = {"affiliateid", "affiliate", "id"},
    [COLUMN_DEEP_LINK] = {"deeplink", "affiliatelink", "referrallink", "link", "url"},
    [COLUMN_STATUS] = {"status", "affiliatestatus", "accountstatus", "active", "isactive",
                       "enabled"},
};

#define NO_COLUMN ((size_t)-1)

/* A heading's letters and digits, in lower case; to be freed. */
static char *plain(const char *heading)
{
    char *text = memory_text(heading);
    size_t length = 0;
    for (const char *next = text; *next; next++) {
        if (isalnum((unsigned char)*next))
            text[length++] = (char)tolower((unsigned char)*next);
    }
    text[length] = '\0';
    return text;
}

static size_t find_heading(const struct csv *csv, const char *wanted, bool is_plain)
{
    for (size_t i = 0; i < csv->field_count; i++) {
        char *heading = is_plain ? plain(csv_field(csv, i)) : memory_text(csv_field(csv, i));
        bool is_it = text_equal(heading, wanted);
        free(heading);
        if (is_it)
            return i;
    }
    return NO_COLUMN;
}

static size_t guess(const struct csv *csv, int column)
{
    size_t found = NO_COLUMN;
    for (size_t i = 0; guesses[column][i] && found == NO_COLUMN; i++)
        found = find_heading(csv, guesses[column][i], true);
    return found;
}

/* The file's headings, for a message; to be freed. */
static char *list_headings(const struct csv *csv)
{
    char *list = memory_text("");
    for (size_t i = 0; i < csv->field_count && i < 20; i++) {
        char *heading = show_text(csv_field(csv, i));
        char *longer = memory_format("%s%s%s", list, i > 0 ? ", " : "", heading);
        free(heading);
        free(list);
        list = longer;
    }
    return list;
}

/* Whether a heading would have been taken, had another not been there. */
static bool is_candidate(const char *heading, int column)
{
    char *text = plain(heading);
    bool is_one = column == COLUMN_EMAIL && strstr(text, "email");
    for (size_t i = 0; guesses[column][i]; i++)
        is_one = is_one || text_equal(text, guesses[column][i]);
    free(text);
    return is_one;
}

/* Says which column was guessed where it could have been another. */
static void say_which(const struct invocation *invocation, const char *name, const struct csv *csv,
                      int column, size_t taken)
{
    static const char *const kinds[COLUMNS][2] = {
        [COLUMN_EMAIL] = {"addresses", "email"},
        [COLUMN_AFFILIATE_ID] = {"affiliate IDs", "id"},
        [COLUMN_DEEP_LINK] = {"deep links", "link"},
        [COLUMN_STATUS] = {"states", "status"},
    };
    for (size_t i = 0; i < csv->field_count; i++) {
        if (i == taken || !is_candidate(csv_field(csv, i), column))
            continue;
        command_say(
            invocation, "%s: the %s are taken from “%s”, not from “%s”; --%s-column names another",
            name, kinds[column][0], csv_field(csv, taken), csv_field(csv, i), kinds[column][1]);
    }
}

/* Reads the headings; -1 when a column is missing, and it is said. */
static int find_columns(const struct invocation *invocation, const char *name,
                        const struct csv *csv, const struct dashboard_columns *columns,
                        size_t found[COLUMNS])
{
    const char *const named[COLUMNS] = {columns->email, columns->affiliate_id, columns->deep_link,
                                        columns->status};
    for (int i = 0; i < COLUMNS; i++) {
        found[i] = named[i] ? find_heading(csv, named[i], false) : guess(csv, i);
        if (found[i] != NO_COLUMN && !named[i])
            say_which(invocation, name, csv, i, found[i]);
        if (found[i] != NO_COLUMN || (i != COLUMN_EMAIL && !named[i]))
            continue;
        char *headings = list_headings(csv);
        if (named[i])
            command_say(invocation, "%s: no column is called “%s”; there are: %s", name, named[i],
                        headings);
        else
            command_say(invocation,
                        "%s: which column has the addresses? Its first line must name the columns; "
                        "give --email-column, one of: %s",
                        name, headings);
        free(headings);
        return -1;
    }
    return 0;
}

/* ---- Who is active there ---- */

/* What exports say, in letters and digits alone. */
static const struct {
    const char *word;
    enum dashboard_state state;
} words[] = {
    {"active", DASHBOARD_ACTIVE},        {"activated", DASHBOARD_ACTIVE},
    {"approved", DASHBOARD_ACTIVE},      {"enabled", DASHBOARD_ACTIVE},
    {"live", DASHBOARD_ACTIVE},          {"true", DASHBOARD_ACTIVE},
    {"yes", DASHBOARD_ACTIVE},           {"1", DASHBOARD_ACTIVE},
    {"inactive", DASHBOARD_INACTIVE},    {"notactive", DASHBOARD_INACTIVE},
    {"deactivated", DASHBOARD_INACTIVE}, {"disabled", DASHBOARD_INACTIVE},
    {"deleted", DASHBOARD_INACTIVE},     {"removed", DASHBOARD_INACTIVE},
    {"left", DASHBOARD_INACTIVE},        {"archived", DASHBOARD_INACTIVE},
    {"suspended", DASHBOARD_INACTIVE},   {"banned", DASHBOARD_INACTIVE},
    {"blocked", DASHBOARD_INACTIVE},     {"terminated", DASHBOARD_INACTIVE},
    {"cancelled", DASHBOARD_INACTIVE},   {"canceled", DASHBOARD_INACTIVE},
    {"closed", DASHBOARD_INACTIVE},      {"rejected", DASHBOARD_INACTIVE},
    {"declined", DASHBOARD_INACTIVE},    {"denied", DASHBOARD_INACTIVE},
    {"pending", DASHBOARD_INACTIVE},     {"invited", DASHBOARD_INACTIVE},
    {"false", DASHBOARD_INACTIVE},       {"no", DASHBOARD_INACTIVE},
    {"0", DASHBOARD_INACTIVE},
};

static enum dashboard_state by_usual_words(const char *status)
{
    enum dashboard_state state = DASHBOARD_UNCLEAR;
    char *word = plain(status);
    for (size_t i = 0; i < sizeof words / sizeof *words && state == DASHBOARD_UNCLEAR; i++) {
        if (text_equal(word, words[i].word))
            state = words[i].state;
    }
    free(word);
    return state;
}

/* Without blanks around it, ASCII letters in any case. */
static bool is_word(const char *status, const char *word)
{
    status += strspn(status, " \t");
    size_t length = strlen(status);
    while (length > 0 && strchr(" \t\r\n", status[length - 1]))
        length--;
    return strlen(word) == length && strncasecmp(status, word, length) == 0;
}

static enum dashboard_state state_of(const char *status, const struct dashboard_columns *columns)
{
    for (int i = 0; i < columns->active_count; i++) {
        if (is_word(status, columns->active[i]))
            return DASHBOARD_ACTIVE;
    }
    return columns->active_count > 0 ? DASHBOARD_INACTIVE : by_usual_words(status);
}

static void complain_of_status(const char *path, size_t line_number, const char *status)
{
    char *shown = show_text(status);
    fprintf(stderr,
            "%s:%zu: status: unclear (“%s” says neither that this one is active nor that not; name "
            "what does by --active)\n",
            path, line_number, shown);
    free(shown);
}

/* ---- Rows ---- */

static int by_key(const void *one, const void *other)
{
    const struct dashboard_row *a = one, *b = other;
    int order = strcmp(a->email_key, b->email_key);
    if (order == 0)
        order = (a->state > b->state) - (a->state < b->state);
    return order ? order : (a->line_number > b->line_number) - (a->line_number < b->line_number);
}

static void finish_row(struct dashboard_row *row)
{
    free(row->email_key);
    free(row->email);
    free(row->affiliate_id);
    free(row->deep_link);
}

/* Sorts, and keeps the first of each e-mail key. */
static void sort(struct dashboard *dashboard)
{
    if (dashboard->count == 0)
        return;
    qsort(dashboard->rows, dashboard->count, sizeof *dashboard->rows, by_key);
    size_t kept = 1;
    for (size_t i = 1; i < dashboard->count; i++) {
        struct dashboard_row *row = &dashboard->rows[i];
        if (text_equal(row->email_key, dashboard->rows[kept - 1].email_key))
            finish_row(row);
        else
            dashboard->rows[kept++] = *row;
    }
    dashboard->count = kept;
    for (size_t i = 0; i < kept; i++)
        dashboard->active += dashboard->rows[i].state == DASHBOARD_ACTIVE;
}

/* An optional field; "" for a column that is not there. */
static const char *field(const struct csv *csv, size_t column)
{
    return column == NO_COLUMN ? "" : csv_field(csv, column);
}

static void add_row(struct dashboard *dashboard, const struct csv *csv,
                    const struct dashboard_columns *columns, const size_t found[COLUMNS])
{
    enum dashboard_state state = DASHBOARD_ACTIVE;
    char email[EMAIL_BYTES_MAX + 1], email_key[EMAIL_BYTES_MAX + 1];
    struct refusal refusal;
    if (email_parse(csv_field(csv, found[COLUMN_EMAIL]), email, email_key, &refusal) < 0) {
        fprintf(stderr, "%s:%zu: email: %s (%s)\n", dashboard->name, csv->line_number, refusal.rule,
                refusal.message);
        dashboard->refused++;
        dashboard->unread++;
        return;
    }
    if (dashboard->has_status)
        state = state_of(csv_field(csv, found[COLUMN_STATUS]), columns);
    if (state == DASHBOARD_UNCLEAR) {
        complain_of_status(dashboard->name, csv->line_number, csv_field(csv, found[COLUMN_STATUS]));
        dashboard->refused++;
    }
    if ((dashboard->count & (dashboard->count - 1)) == 0) /* at each power of two */
        dashboard->rows =
            memory_resize(dashboard->rows, 2 * dashboard->count + 1, sizeof *dashboard->rows);
    const char *affiliate_id = field(csv, found[COLUMN_AFFILIATE_ID]);
    dashboard->rows[dashboard->count++] = (struct dashboard_row){
        .email_key = memory_text(email_key),
        .email = memory_text(email),
        .affiliate_id = memory_text(event_line_is_affiliate_id(affiliate_id) ? affiliate_id : ""),
        .deep_link = memory_text(field(csv, found[COLUMN_DEEP_LINK])),
        .line_number = csv->line_number,
        .state = state,
    };
}

static int read_rows(struct dashboard *dashboard, const struct invocation *invocation,
                     struct csv *csv, const struct dashboard_columns *columns)
{
    struct error error;
    size_t found[COLUMNS];
    int got = csv_next(csv, &error);
    if (got == 0) {
        command_say(invocation, "%s: is empty", dashboard->name);
        return -1;
    }
    if (got > 0 && find_columns(invocation, dashboard->name, csv, columns, found) < 0)
        return -1;
    dashboard->has_status = got > 0 && found[COLUMN_STATUS] != NO_COLUMN;
    if (got > 0 && columns->active_count > 0 && !dashboard->has_status) {
        command_say(invocation,
                    "%s: which column says who is active? --active goes with --status-column",
                    dashboard->name);
        return -1;
    }
    while (got > 0 && (got = csv_next(csv, &error)) > 0) {
        if (dashboard->count == ROWS_MAX)
            got = error_set(&error, "has more than %d rows", ROWS_MAX);
        else
            add_row(dashboard, csv, columns, found);
    }
    if (got < 0)
        command_say(invocation, "%s: %s", dashboard->name, error.text);
    return got;
}

/* Opens it at its beginning; NULL when it cannot be read so, and it is said. */
static FILE *open_file(const struct invocation *invocation, const char *path, const char *name)
{
    char mark[2];
    if (text_equal(path, "-")) {
        command_say(invocation, "stdin cannot be read twice; save it to a file first");
        return NULL;
    }
    FILE *file = fopen(path, "re");
    if (!file) {
        command_say(invocation, "%s: %s", name, strerror(errno));
        return NULL;
    }
    bool is_file = fseek(file, 0, SEEK_SET) == 0;
    bool is_utf16 = is_file && text_is_utf16(mark, fread(mark, 1, sizeof mark, file));
    if (is_file && !is_utf16) {
        rewind(file);
        return file;
    }
    command_say(invocation, "%s: %s", name,
                is_utf16 ? "is UTF-16; save it as UTF-8"
                         : "is not a file that can be read twice; save it first");
    fclose(file);
    return NULL;
}

int dashboard_read(struct dashboard *dashboard, const struct invocation *invocation,
                   const char *path, const struct dashboard_columns *columns)
{
    *dashboard = (struct dashboard){.name = show_text(path)};
    FILE *file = open_file(invocation, path, dashboard->name);
    if (!file)
        return -1;
    struct csv csv;
    csv_init(&csv, file);
    int result = read_rows(dashboard, invocation, &csv, columns);
    csv_finish(&csv);
    fclose(file);
    sort(dashboard);
    return result;
}

void dashboard_finish(struct dashboard *dashboard)
{
    for (size_t i = 0; i < dashboard->count; i++)
        finish_row(&dashboard->rows[i]);
    free(dashboard->rows);
    free(dashboard->name);
    *dashboard = (struct dashboard){.rows = NULL};
}

static int key_of(const void *key, const void *row)
{
    return strcmp(key, ((const struct dashboard_row *)row)->email_key);
}

struct dashboard_row *dashboard_find(const struct dashboard *dashboard, const char *email_key)
{
    if (dashboard->count == 0)
        return NULL;
    return bsearch(email_key, dashboard->rows, dashboard->count, sizeof *dashboard->rows, key_of);
}
