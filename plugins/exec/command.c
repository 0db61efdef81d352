/* See command.h. */
#include "command.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS      " \t"
#define QUOTES      "'\""
#define SHELL_SIGNS "|&;<>$`*"

static bool is_one_of(char byte, const char *set)
{
    return byte && strchr(set, byte);
}

/* Copies the word at `at` to `to`, without its quotes; returns what follows it. */
static const char *take_word(const char *at, char *to, struct command *command)
{
    char *word = to;
    while (*at && !is_one_of(*at, BLANKS)) {
        if (!is_one_of(*at, QUOTES)) {
            if (is_one_of(*at, SHELL_SIGNS) && !command->for_a_shell)
                command->for_a_shell = word;
            *to++ = *at++;
            continue;
        }
        const char *end = strchr(at + 1, *at);
        if (!end) {
            command->open_quote = *at;
            end = at + strlen(at);
        }
        size_t bytes = (size_t)(end - at) - 1;
        memcpy(to, at + 1, bytes);
        to += bytes;
        at = *end ? end + 1 : end;
    }
    *to = '\0';
    return at;
}

int command_split(const char *text, struct command *command)
{
    /* One block: the words' addresses, of which there are fewer than every second byte, and their
     * bytes. */
    size_t bytes = strlen(text) + 1;
    size_t words_max = bytes / 2 + 1;
    char **words = malloc(words_max * sizeof *words + bytes);
    *command = (struct command){.words = words};
    if (!words)
        return -1;
    char *to = (char *)(words + words_max);
    for (text += strspn(text, BLANKS); *text; text += strspn(text, BLANKS)) {
        text = take_word(text, to, command);
        words[command->count++] = to;
        to += strlen(to) + 1;
    }
    words[command->count] = NULL;
    return 0;
}

void command_finish(struct command *command)
{
    free(command->words);
    *command = (struct command){0};
}
