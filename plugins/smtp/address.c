/* See address.h. */
#include "address.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../common/character.h"
#include "domain.h"
#include "sentences.h"

#define LOCAL_BYTES_MAX 64 /* RFC 5321 4.5.3.1.1 */
#define LABEL_BYTES_MAX 63 /* RFC 1034 3.1 */
#define SHOWN_BYTES_MAX 80 /* of an address in a sentence */

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const char blanks[] = " \t";

/* ---- The address itself ---- */

static const char *local_mistake(const char *local, size_t length)
{
    static const char allowed[] = LETTERS DIGITS ".!#$%&'*+/=?^_`{|}~-";
    if (length == 0)
        return SAY_LOCAL_EMPTY;
    if (length > LOCAL_BYTES_MAX)
        return SAY_LOCAL_TOO_LONG;
    if (local[0] == '.' || local[length - 1] == '.' || memmem(local, length, "..", 2))
        return SAY_LOCAL_DOT;
    for (size_t i = 0; i < length;) {
        uint32_t character;
        i += character_next(local + i, &character);
        bool right = character < 0x80
                         ? strchr(allowed, (int)character) != NULL
                         : character != CHARACTER_NONE && !character_is_hidden(character);
        if (!right)
            return SAY_LOCAL_CHARACTER;
    }
    return NULL;
}

static const char *label_mistake(const char *label, size_t length)
{
    if (length == 0)
        return SAY_LABEL_EMPTY;
    if (length > LABEL_BYTES_MAX)
        return SAY_LABEL_TOO_LONG;
    if (label[0] == '-' || label[length - 1] == '-')
        return SAY_LABEL_HYPHEN;
    for (size_t i = 0; i < length; i++) {
        if (!strchr(LETTERS DIGITS "-", label[i]))
            return SAY_DOMAIN_CHARACTER;
    }
    return NULL;
}

bool address_is_ascii(const char *address)
{
    for (; *address; address++) {
        if ((unsigned char)*address >= 0x80)
            return false;
    }
    return true;
}

/* Writes a domain beyond ASCII in its ASCII form; IDNA would pass over what no domain may have. */
static const char *spell_domain(char *domain, size_t room)
{
    if (address_is_ascii(domain))
        return NULL;
    for (const char *at = domain; *at;) {
        uint32_t character;
        at += character_next(at, &character);
        if (character < 0x80 && !strchr(LETTERS DIGITS "-.", (int)character))
            return SAY_DOMAIN_CHARACTER;
        if (character == CHARACTER_NONE || character_is_hidden(character))
            return SAY_DOMAIN_BEYOND_ASCII;
    }
    return domain_to_ascii(domain, domain, room) ? NULL : SAY_DOMAIN_BEYOND_ASCII;
}

/* Spells the domain, too. */
static const char *syntax_mistake(char *address)
{
    char *at = strchr(address, '@');
    if (!*address)
        return SAY_NOTHING_BUT_NAME;
    if (!at)
        return SAY_NO_AT;
    const char *mistake = local_mistake(address, (size_t)(at - address));
    if (!mistake)
        mistake = spell_domain(at + 1, ADDRESS_BYTES_MAX - (size_t)(at - address));
    for (const char *label = at + 1; !mistake; label++) {
        size_t length = strcspn(label, ".");
        mistake = label_mistake(label, length);
        label += length;
        if (!*label)
            break;
    }
    return mistake;
}

/* ---- One item of the list ---- */

static bool ends_item(char byte)
{
    return byte == ',' || byte == '\0';
}

/* Copies trimmed text; false when it is too long. */
static bool copy(const char *from, size_t length, char *to, size_t bytes_max)
{
    while (length > 0 && strchr(blanks, from[length - 1]))
        length--;
    if (length > bytes_max)
        return false;
    memcpy(to, from, length);
    to[length] = '\0';
    return true;
}

/* "Lee, Ann" with \" and \\ in it; leaves *at after the quotes. */
static const char *read_quoted(const char **at, struct address *address)
{
    size_t length = 0;
    const char *from = *at + 1;
    for (; *from && *from != '"'; from++) {
        if (*from == '\\' && from[1])
            from++;
        if (length == NAME_BYTES_MAX)
            return SAY_NAME_TOO_LONG;
        address->name[length++] = *from;
    }
    address->name[length] = '\0';
    if (!*from)
        return SAY_QUOTE_OPEN;
    *at = from + 1 + strspn(from + 1, blanks);
    return **at == '<' ? NULL : SAY_NAME_ALONE;
}

static const char *read_bracketed(const char **at, struct address *address)
{
    const char *from = *at + 1;
    size_t length = strcspn(from, "<>,");
    if (from[length] != '>')
        return SAY_BRACKET_OPEN;
    if (!copy(from, length, address->address, ADDRESS_BYTES_MAX))
        return SAY_ADDRESS_TOO_LONG;
    *at = from + length + 1 + strspn(from + length + 1, blanks);
    return ends_item(**at) ? NULL : SAY_BEHIND_BRACKET;
}

static const char *read_item(const char **at, struct address *address)
{
    if (**at == '"') {
        const char *mistake = read_quoted(at, address);
        return mistake ? mistake : read_bracketed(at, address);
    }
    size_t length = strcspn(*at, ",<>;\"");
    const char *from = *at;
    *at += length;
    switch (**at) {
    case '<':
        if (memchr(from, '@', length))
            return SAY_AT_IN_NAME;
        if (!copy(from, length, address->name, NAME_BYTES_MAX))
            return SAY_NAME_TOO_LONG;
        return read_bracketed(at, address);
    case '>':
        return SAY_BRACKET_CLOSED;
    case ';':
        return SAY_SEMICOLON;
    case '"':
        return SAY_QUOTE_IN_NAME;
    default:
        return copy(from, length, address->address, ADDRESS_BYTES_MAX) ? NULL
                                                                       : SAY_ADDRESS_TOO_LONG;
    }
}

/* ---- The list ---- */

/* The item as it was written, for a sentence: cut between characters, with nothing hidden. */
static void show(const char *item, char *shown, size_t room)
{
    struct draft draft;
    draft_init(&draft, shown, room);
    for (size_t used = 0; *item && *item != ',';) {
        char one[5] = "";
        uint32_t character;
        size_t length = character_next(item, &character);
        used += length;
        if (used > SHOWN_BYTES_MAX) {
            draft_add(&draft, "...");
            break;
        }
        memcpy(one, item, length);
        character_add_shown(&draft, one);
        item += length;
    }
    while (draft.length > 0 && shown[draft.length - 1] == ' ')
        shown[--draft.length] = '\0';
}

int address_next(struct address_list *list, struct address *address, char *mistake, size_t room)
{
    const char *at = list->rest + strspn(list->rest, blanks);
    if (!*at && list->number > 0 && list->rest[-1] != ',')
        return 0;
    const char *item = at;
    list->number++;
    *address = (struct address){.name = ""};
    const char *wrong = ends_item(*at) ? NULL : read_item(&at, address);
    if (!wrong && character_any_hidden(address->name))
        wrong = SAY_NAME_HIDDEN;
    if (!wrong && ends_item(*item))
        wrong = SAY_ADDRESS_EMPTY;
    if (!wrong)
        wrong = syntax_mistake(address->address);
    if (wrong) {
        /* What has no @ may be a password in the wrong line. */
        char shown[SHOWN_BYTES_MAX * 8 + 4];
        show(item, shown, sizeof shown);
        if (memchr(item, '@', strcspn(item, ",")))
            snprintf(mistake, room, SAY_ADDRESS, list->number, shown, wrong);
        else
            snprintf(mistake, room, SAY_ADDRESS_UNSHOWN, list->number, wrong);
        return -1;
    }
    list->rest = *at ? at + 1 : at;
    return 1;
}

int address_same(const char *one, const char *other)
{
    return strcasecmp(one, other) == 0;
}
