/*
 * The words that the host and its plugin have of their own: what stands in their files, as every
 * constant sentence does. A secret may be such a word, `user`; to blot it out of "must not hold a
 * user name" would make nonsense of the sentence, and tell the secret. Asked by blot.c, and only when
 * something was found.
 */
#ifndef AFFN_HOST_OWN_WORDS_H
#define AFFN_HOST_OWN_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define OWN_FILES_MAX 2

struct own_words {
    struct own_file {
        const char *bytes;
        size_t length;
    } files[OWN_FILES_MAX];
    size_t count;
};

/* Maps a file; nothing is read until it is asked for. One that cannot be mapped has no words. */
void own_words_add(struct own_words *words, const char *path);
void own_words_finish(struct own_words *words);

/*
 * Whether text[from] to text[to] is part of a longer stretch that one of the files has just so: then
 * it is a word of ours, and would stand there whatever the secrets are.
 */
bool own_words_hold(const struct own_words *words, const char *text, size_t length, size_t from,
                    size_t to);

/* Whether one of the files has the name of an option or the like, as a text by itself. */
bool own_words_have_name(const struct own_words *words, const char *name);

#endif
