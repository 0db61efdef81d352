/* See fixture.h. */
#include "fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/journal/internal.h"

int scene_setup(void **state)
{
    struct scene *scene = memory_new(1, sizeof *scene);
    const char *temporary = getenv("TMPDIR");
    int length = snprintf(scene->directory, sizeof scene->directory, "%s/journal.XXXXXX",
                          temporary && strlen(temporary) < 32 ? temporary : "/tmp");
    if (length < 0 || !mkdtemp(scene->directory))
        return -1;
    snprintf(scene->path, sizeof scene->path, "%s/journal.db", scene->directory);
    scene->journal = journal_open(scene->path, &scene->error);
    *state = scene;
    return scene->journal ? 0 : -1;
}

int scene_teardown(void **state)
{
    struct scene *scene = *state;
    journal_close(scene->journal);
    DIR *directory = opendir(scene->directory);
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        unlinkat(dirfd(directory), entry->d_name, 0);
    closedir(directory);
    rmdir(scene->directory);
    free(scene);
    return 0;
}

void scene_reopen(struct scene *scene)
{
    journal_close(scene->journal);
    scene->journal = journal_open(scene->path, &scene->error);
    if (!scene->journal)
        fail_msg("%s", scene->error.text);
}

/* Fails the test with the journal's own words. */
static void must(struct scene *scene, bool done)
{
    if (!done)
        fail_msg("%s", scene->error.text);
}

void scene_begin(struct scene *scene)
{
    must(scene, journal_begin(scene->journal, &scene->error) == 0);
}

void scene_commit(struct scene *scene)
{
    must(scene, journal_commit(scene->journal, &scene->error) == 0);
}

void scene_event_id(int n, char id[EVENT_ID_SIZE])
{
    snprintf(id, EVENT_ID_SIZE, "evt_c0ffee%026x", (unsigned)n);
}

struct arrival scene_append_as(struct scene *scene, int n, enum event_type type, const char *email,
                               const char *affiliate_id, const char *deep_link)
{
    struct event event = {.type = type, .occurred_unix_ms = 1000};
    snprintf(event.affiliate_id, sizeof event.affiliate_id, "%s", affiliate_id);
    snprintf(event.email, sizeof event.email, "%s", email);
    snprintf(event.deep_link, sizeof event.deep_link, "%s", deep_link);
    char key[EMAIL_BYTES_MAX + 1] = "";
    for (size_t i = 0; email[i]; i++)
        key[i] = (char)(email[i] >= 'A' && email[i] <= 'Z' ? email[i] + 32 : email[i]);
    char canonical[128];
    int length = snprintf(canonical, sizeof canonical, "{\"n\":%d}not part of it", n);
    length -= (int)strlen("not part of it");
    char id[EVENT_ID_SIZE];
    scene_event_id(n, id);
    struct arrival arrival;
    struct affiliate before;
    must(scene, journal_affiliate(scene->journal, key, &before, &scene->error) >= 0);
    must(scene, journal_append(scene->journal, &event, key, &before, id, canonical, (size_t)length,
                               EVENT_VIA_SELF_SIGNUP, n * 1000, &arrival, &scene->error) == 0);
    return arrival;
}

int64_t scene_append(struct scene *scene, int n, enum event_type type, const char *email)
{
    return scene_append_as(scene, n, type, email, "ia_00000001", "").seq;
}

void scene_append_more(struct scene *scene, int count)
{
    scene_begin(scene);
    for (int i = (int)journal_last_seq(scene->journal) + 1; count > 0; i++, count--) {
        char email[] = "a@x.org";
        email[0] = (char)('a' + (i - 1) % 3);
        assert_int_equal(scene_append(scene, i, i % 2 ? EVENT_CREATED : EVENT_DEACTIVATED, email),
                         i);
    }
    scene_commit(scene);
}

const char *scene_describe(struct journal_event *events, int count)
{
    static char text[256];
    text[0] = '\0';
    for (int i = 0; i < count; i++) {
        const struct journal_event *event = &events[i];
        char due[24] = "", canonical[32];
        if (event->due_unix_ms)
            snprintf(due, sizeof due, "@%lld", (long long)event->due_unix_ms);
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%d%s%s%s%s", i ? " " : "", (int)event->seq,
                 due, event->blocked ? "b" : "", event->waiting ? "w" : "",
                 event->alone ? "A" : "");
        snprintf(canonical, sizeof canonical, "{\"n\":%d}", (int)event->seq);
        assert_string_equal(event->canonical, canonical);
        journal_event_finish(&events[i]);
    }
    return text;
}

struct journal_event scene_event(struct scene *scene, int64_t seq)
{
    struct journal_event events[1];
    int64_t scanned;
    must(scene, journal_scan(scene->journal, 0, seq - 1, events, 1, &scanned, &scene->error) == 1);
    assert_int_equal(events[0].seq, seq);
    journal_event_finish(&events[0]);
    events[0].blocked = false;
    return events[0];
}

struct journal_sink scene_sink(struct scene *scene, const char *name)
{
    struct journal_sink sink;
    assert_int_equal(journal_sink_status(scene->journal, name, &sink, &scene->error), 1);
    return sink;
}

int64_t scene_open_sink(struct scene *scene, const char *name, uint32_t mask)
{
    struct journal_sink sink;
    must(scene, journal_open_sink(scene->journal, name, mask, NULL, &sink, &scene->error) == 0);
    return sink.number;
}

void scene_settle(struct scene *scene, int64_t sink, int64_t seq, enum settled_as as)
{
    struct journal_event event = scene_event(scene, seq);
    struct settlement settlement = {
        .as = as, .verdict = 1, .at_unix_ms = seq, .what = "it broke", .remedy = "mend it"};
    must(scene, journal_settle(scene->journal, sink, &event, &settlement, &scene->error) == 0);
}

void scene_wait(struct scene *scene, int64_t sink, int64_t seq, bool alone)
{
    struct journal_event event = scene_event(scene, seq);
    event.alone = alone;
    must(scene, journal_wait(scene->journal, sink, &event, &scene->error) == 0);
}

void scene_wait_until(struct scene *scene, int64_t sink, int64_t seq, int64_t due_unix_ms)
{
    struct journal_event event = scene_event(scene, seq);
    event.due_unix_ms = due_unix_ms;
    event.attempts = 1;
    must(scene, journal_wait(scene->journal, sink, &event, &scene->error) == 0);
}

int64_t scene_number(struct scene *scene, const char *sql)
{
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(scene->journal->database, sql, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

void scene_expect_error(struct scene *scene, const char *sentence)
{
    char expected[sizeof scene->error.text + 128];
    snprintf(expected, sizeof expected, "journal %s: %s", scene->path, sentence);
    assert_string_equal(scene->error.text, expected);
}
