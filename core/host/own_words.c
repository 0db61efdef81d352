/* See own_words.h. */
#include "core/host/own_words.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * So much more than the secret must be ours: two short words. With less, a far side's "password:
 * user" would be taken for a sentence of ours about users.
 */
#define AROUND_BYTES 8

void own_words_add(struct own_words *words, const char *path)
{
    struct stat status;
    assert(words->count < OWN_FILES_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        size_t length = (size_t)status.st_size;
        void *bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes != MAP_FAILED)
            words->files[words->count++] = (struct own_file){bytes, length};
    }
    close(fd);
}

void own_words_finish(struct own_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        munmap((void *)words->files[i].bytes, words->files[i].length);
    words->count = 0;
}

static bool have(const struct own_words *words, const char *stretch, size_t length)
{
    for (size_t i = 0; i < words->count; i++) {
        if (memmem(words->files[i].bytes, words->files[i].length, stretch, length))
            return true;
    }
    return false;
}

bool own_words_hold(const struct own_words *words, const char *text, size_t length, size_t from,
                    size_t to)
{
    size_t stretch = to - from + AROUND_BYTES;
    size_t first = from > AROUND_BYTES ? from - AROUND_BYTES : 0;
    for (size_t start = first; start <= from && start + stretch <= length; start++) {
        if (have(words, text + start, stretch))
            return true;
    }
    return false;
}

/* Linkers store a text that another one ends with only once: what stands before it says nothing. */
bool own_words_have_name(const struct own_words *words, const char *name)
{
    return *name && have(words, name, strlen(name) + 1);
}
