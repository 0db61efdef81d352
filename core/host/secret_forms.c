/* See secret_forms.h. */
#include "core/host/secret_forms.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/escape.h"
#include "core/base/memory.h"
#include "core/config/base64.h"

/* A shorter secret may be a word of the text, which begins with a capital letter now and then. */
#define ANY_CASE_BYTES_MIN 8

#define ANY_FORM 0xffu /* of an escape */

static char *make_hex(const char *secret)
{
    static const char digits[] = "0123456789abcdef";
    size_t length = strlen(secret);
    char *hex = memory_new(2 * length + 1, 1);
    for (size_t i = 0; i < length; i++) {
        hex[2 * i] = digits[(unsigned char)secret[i] >> 4];
        hex[2 * i + 1] = digits[(unsigned char)secret[i] & 0xf];
    }
    return hex;
}

/*
 * The digits that only the secret decides, when `before` bytes stand before it in its first group of
 * three. Base64 has 6 bits a digit: the first and the last may hold bits of what is around it, too.
 */
static char *make_base64(const char *secret, size_t before)
{
    size_t length = before + strlen(secret);
    size_t first = (before * 8 + 5) / 6;
    size_t end = length * 8 / 6;
    char *bytes = memory_new(length, 1);
    memcpy(bytes + before, secret, length - before);
    char *encoded = base64_encode(bytes, length);
    char *digits = memory_text_part(encoded + first, end - first);
    memory_wipe_text(encoded);
    explicit_bzero(bytes, length);
    free(bytes);
    return digits;
}

void secret_forms_init(struct secret_forms *forms, const char *secret)
{
    *forms = (struct secret_forms){.any_case = strlen(secret) >= ANY_CASE_BYTES_MIN};
    forms->texts[FORM_PLAIN] = memory_text(secret);
    forms->texts[FORM_HEX] = make_hex(secret);
    for (size_t before = 0; before < 3; before++)
        forms->texts[FORM_BASE64 + before] = make_base64(secret, before);
}

void secret_forms_init_address(struct secret_forms *forms, const char *address)
{
    *forms = (struct secret_forms){.any_case = true};
    forms->texts[FORM_PLAIN] = memory_text(address);
}

void secret_forms_finish(struct secret_forms *forms)
{
    for (enum secret_form form = FORM_PLAIN; form < FORM_COUNT; form++)
        memory_wipe_text(forms->texts[form]);
    *forms = (struct secret_forms){.any_case = false};
}

static char to_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

/* The URL alphabet of base64 (RFC 4648, 5) is the other one but for two digits. */
static char to_standard(char digit)
{
    return digit == '-' ? '+' : digit == '_' ? '/' : digit;
}

static bool is_any_case(const struct secret_forms *forms, enum secret_form form)
{
    return form == FORM_HEX || (form == FORM_PLAIN && forms->any_case);
}

static bool is_same(const struct secret_forms *forms, enum secret_form form, char one, char other)
{
    if (one == other)
        return true;
    if (form >= FORM_BASE64)
        return to_standard(one) == other;
    return is_any_case(forms, form) && to_lower(one) == to_lower(other);
}

static const char escapes[] = {'%', '\\', '&'}; /* as they begin, which escape_read knows */

void secret_forms_add_starts(const struct secret_forms *forms, unsigned char starts[256])
{
    for (enum secret_form form = FORM_PLAIN; form < FORM_COUNT; form++) {
        for (int byte = 0; forms->texts[form] && byte < 256; byte++) {
            if (is_same(forms, form, (char)byte, forms->texts[form][0]))
                starts[byte] |= (unsigned char)(1u << form);
        }
    }
    for (size_t i = 0; i < sizeof escapes; i++)
        starts[(unsigned char)escapes[i]] = ANY_FORM;
}

static bool are_same(const struct secret_forms *forms, enum secret_form form, const char *bytes,
                     size_t count, const char *wanted)
{
    size_t same = 0;
    while (same < count && wanted[same] && is_same(forms, form, bytes[same], wanted[same]))
        same++;
    return same == count;
}

static size_t match_form(const struct secret_forms *forms, enum secret_form form, const char *text,
                         size_t length, bool cut, size_t bytes_min)
{
    const char *wanted = forms->texts[form];
    size_t at = 0, matched = 0;
    while (wanted[matched] && at < length) {
        char bytes[ESCAPE_BYTES_MAX];
        size_t count = 1;
        size_t step = escape_read(text + at, length - at, bytes, &count);
        if (step == 0 || !are_same(forms, form, bytes, count, wanted + matched)) {
            if (!is_same(forms, form, text[at], wanted[matched]))
                return 0;
            step = count = 1;
        }
        at += step;
        matched += count;
    }
    return !wanted[matched] || (cut && matched >= bytes_min) ? at : 0;
}

size_t secret_forms_match(const struct secret_forms *forms, unsigned begun, const char *text,
                          size_t length, bool cut, size_t bytes_min)
{
    size_t longest = 0;
    bool is_escape = begun == ANY_FORM;
    for (enum secret_form form = FORM_PLAIN; form < FORM_COUNT; form++) {
        const char *wanted = forms->texts[form];
        if (!(begun & 1u << form) || !wanted ||
            (!is_escape && !is_same(forms, form, *text, *wanted)))
            continue;
        size_t matched = match_form(forms, form, text, length, cut, bytes_min);
        longest = matched > longest ? matched : longest;
    }
    return longest;
}
