/*
 * The key and the file of `affnotify init`: made together, once all is known. The file appears as a
 * whole, with every secret sealed; neither takes the place of anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/init_parts.h"

#define FILE_MODE 0640 /* it holds no secret that can be read */

static int make_key(struct init *init)
{
    struct stat status;
    if (lstat(init->key_path, &status) == 0)
        return 0; /* one that is there is used */
    json_t *answer =
        init_ask_daemon(init, (const char *const[]){"--keygen", init->key_path, NULL}, NULL);
    init->made_key = answer != NULL;
    if (answer)
        json_array_extend(init->made_folders, json_object_get(answer, "made_folders"));
    json_decref(answer);
    return init->made_key ? 0 : -1;
}

/* The answer becomes a sealed value, by the key that the file at `config` names. */
static int seal(const struct init *init, const char *config, const struct init_sink *sink,
                struct starter_answer *answer)
{
    static char memory[SECRET_BYTES_MAX + 5];
    struct buffer secret;
    char *section = memory_format("sink:%s", sink->name);
    const char *const arguments[] = {"-c", config, "--seal", section, "--key", answer->key, NULL};
    buffer_init_within(&secret, memory, sizeof memory);
    buffer_add_text(&secret, answer->value); /* a terminal's line is shorter */
    json_t *sealed = init_ask_daemon(init, arguments, &secret);
    explicit_bzero(memory, sizeof memory);
    free(section);
    if (sealed && !json_is_true(json_object_get(sealed, "reference"))) {
        memory_wipe_text(answer->value);
        answer->value = memory_text(json_string_value(json_object_get(sealed, "value")));
    }
    json_decref(sealed);
    return sealed ? 0 : -1;
}

static int seal_all(struct init *init, const char *config)
{
    for (size_t i = 0; i < init->sink_count; i++) {
        struct init_sink *sink = &init->sinks[i];
        const json_t *options = json_object_get(sink->about, "options");
        for (size_t k = 0; k < json_array_size(options); k++) {
            const json_t *option = json_array_get(options, k);
            const char *name = json_string_value(json_object_get(option, "name"));
            for (size_t a = 0; a < sink->answer_count; a++) {
                if (starter_is_secret(option) && text_equal(sink->answers[a].key, name) &&
                    seal(init, config, sink, &sink->answers[a]) < 0)
                    return -1;
            }
        }
    }
    return 0;
}

/* The whole file, to be freed. */
static char *compose(const struct init *init, size_t *length)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, length);
    if (!out)
        abort(); /* out of memory */
    starter_write_bus(out, init->path, init->key_path);
    for (size_t i = 0; i < init->sink_count; i++) {
        const struct init_sink *sink = &init->sinks[i];
        starter_write_sink(out, &(struct starter_sink){sink->name, sink->plugin, sink->about,
                                                       sink->answers, sink->answer_count});
    }
    fclose(out);
    return text;
}

/*
 * Into an empty file that has another name yet: first the key's path, so that values can be sealed, then
 * all. It gets its name as a whole, and only when nothing has that name.
 */
static int fill(struct init *init, int fd, const char *temporary)
{
    struct error error;
    char *begin = memory_format("[bus]\nsecret_key = %s\n", init->key_path);
    int result = file_write_all(fd, begin, strlen(begin));
    free(begin);
    if (result == 0 && seal_all(init, temporary) < 0)
        return -1;
    size_t length;
    char *text = compose(init, &length);
    if (result < 0 || ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0 ||
        file_write_all(fd, text, length) < 0 || fchmod(fd, FILE_MODE) < 0 || fsync(fd) < 0 ||
        link(temporary, init->path) < 0)
        result = error_set_errno(&error, "%s", init->path);
    else
        result = file_sync_name(init->path, fd, &error);
    free(text);
    return result < 0 ? init_fail(init, &error) : 0;
}

int init_make(struct init *init)
{
    struct error error;
    if (make_key(init) < 0)
        return -1;
    char *temporary = memory_format("%s/.affnotify-XXXXXX", init->folder);
    int fd = mkstemp(temporary);
    int result = fd < 0 ? error_set_errno(&error, "%s", init->folder) : fill(init, fd, temporary);
    if (fd < 0) {
        init_fail(init, &error);
    } else {
        unlink(temporary);
        close(fd);
    }
    free(temporary);
    return result;
}
