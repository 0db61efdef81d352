/* See address.h. */
#include "address.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../common/character.h"

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
        return "has nothing before its @; write name@example.com";
    if (length > LOCAL_BYTES_MAX)
        return "has more than 64 bytes before its @; no mail server takes that";
    if (local[0] == '.' || local[length - 1] == '.' || memmem(local, length, "..", 2))
        return "has a dot before its @ that stands at an end or beside another; leave it out";
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)local[i] >= 0x80)
            return "has a letter beyond ASCII before its @, which needs SMTPUTF8: not supported "
                   "yet; use an ASCII address of that mailbox";
        if (!strchr(allowed, local[i]))
            return "has a character before its @ that no address may have there; write "
                   "name@example.com";
    }
    return NULL;
}

static const char *label_mistake(const char *label, size_t length)
{
    if (length == 0)
        return "has an empty part in its domain; write name@example.com";
    if (length > LABEL_BYTES_MAX)
        return "has a part of more than 63 bytes in its domain; check the domain";
    if (label[0] == '-' || label[length - 1] == '-')
        return "has a part in its domain that begins or ends with a hyphen; check the domain";
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)label[i] >= 0x80)
            return "has a domain beyond ASCII; write its xn-- form";
        if (!strchr(LETTERS DIGITS "-", label[i]))
            return "has a domain with other than letters, digits, hyphens and dots; write "
                   "name@example.com";
    }
    return NULL;
}

static const char *syntax_mistake(const char *address)
{
    const char *at = strchr(address, '@');
    if (!*address)
        return "is empty; write name@example.com";
    if (!at)
        return "has no @; write name@example.com";
    const char *mistake = local_mistake(address, (size_t)(at - address));
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

static const char too_long_name[] = "has a name of more than 256 bytes; shorten it";
static const char too_long_address[] = "has more than 254 bytes; no mail server takes that";

/* "Lee, Ann" with \" and \\ in it; leaves *at after the quotes. */
static const char *read_quoted(const char **at, struct address *address)
{
    size_t length = 0;
    const char *from = *at + 1;
    for (; *from && *from != '"'; from++) {
        if (*from == '\\' && from[1])
            from++;
        if (length == NAME_BYTES_MAX)
            return too_long_name;
        address->name[length++] = *from;
    }
    address->name[length] = '\0';
    if (!*from)
        return "has a quotation mark that is not closed; write \"NAME\" <name@example.com>";
    *at = from + 1 + strspn(from + 1, blanks);
    return **at == '<' ? NULL : "has a name without an address; write NAME <name@example.com>";
}

static const char *read_bracketed(const char **at, struct address *address)
{
    const char *from = *at + 1;
    size_t length = strcspn(from, "<>,");
    if (from[length] != '>')
        return "has a < without its >; write NAME <name@example.com>";
    if (!copy(from, length, address->address, ADDRESS_BYTES_MAX))
        return too_long_address;
    *at = from + length + 1 + strspn(from + length + 1, blanks);
    return ends_item(**at) ? NULL : "has something after its >; put commas between addresses";
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
            return "has an @ in its name; put commas between addresses, or quotes around the name";
        if (!copy(from, length, address->name, NAME_BYTES_MAX))
            return too_long_name;
        return read_bracketed(at, address);
    case '>':
        return "has a > without its <; write NAME <name@example.com>";
    case ';':
        return "has a semicolon; put commas between addresses, or quotes around the name";
    case '"':
        return "has a quotation mark within its name; put the whole name in quotes";
    default:
        return copy(from, length, address->address, ADDRESS_BYTES_MAX) ? NULL : too_long_address;
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
        wrong = "has a character in its name that cannot be seen, such as a line break; leave it "
                "out";
    if (!wrong && ends_item(*item))
        wrong = "is empty; write name@example.com or NAME <name@example.com>, with commas between";
    if (!wrong)
        wrong = syntax_mistake(address->address);
    if (wrong) {
        char shown[SHOWN_BYTES_MAX * 8 + 4];
        show(item, shown, sizeof shown);
        if (*shown)
            snprintf(mistake, room, "address %u, `%s`, %s", list->number, shown, wrong);
        else
            snprintf(mistake, room, "address %u %s", list->number, wrong);
        return -1;
    }
    list->rest = *at ? at + 1 : at;
    return 1;
}

int address_same(const char *one, const char *other)
{
    return strcasecmp(one, other) == 0;
}
