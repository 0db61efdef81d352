/* See answer.h. */
#include "answer.h"

#include <string.h>

#include <affnotify/sink.h>

#define BLANKS " \t\r"

static const struct {
    const char *word;
    int32_t verdict;
} verdicts[] = {
    {"ok", AFFN_DELIVERED}, {"retry", AFFN_RETRY},   {"refused", AFFN_REFUSED},
    {"down", AFFN_DOWN},    {"misset", AFFN_MISSET},
};

/* The word at *rest, which then is what follows. */
static const char *take_word(char **rest)
{
    char *word = *rest + strspn(*rest, BLANKS);
    char *end = word + strcspn(word, BLANKS);
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

struct answer answer_read(char *line)
{
    struct answer answer = {.id = take_word(&line)};
    answer.word = take_word(&line);
    line += strspn(line, BLANKS);
    for (size_t end = strlen(line); end > 0 && strchr(BLANKS, line[end - 1]); end--)
        line[end - 1] = '\0';
    answer.text = line;
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++)
        if (strcmp(answer.word, verdicts[i].word) == 0)
            answer.verdict = verdicts[i].verdict;
    return answer;
}
