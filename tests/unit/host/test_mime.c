/* Mail: the bytes as they are sent, and quoted-printable that gives the text back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/host/mime.h"
#include "core/host/request.h"

#define TEXT_BYTES 4096

/* ---- Quoted-printable ---- */

static struct buffer quote(const char *text, size_t length)
{
    struct buffer out;
    buffer_init(&out, MIME_MESSAGE_BYTES_MAX);
    mime_add_quoted(&out, text, length);
    return out;
}

#define X10 "xxxxxxxxxx"
#define X70 X10 X10 X10 X10 X10 X10 X10

static void quoted_printable(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *quoted;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"one\ntwo\r\nthree\n", "one\r\ntwo\r\nthree\r\n"},
        {"\n\n", "\r\n\r\n"},
        {"1 + 1 = 2", "1 + 1 =3D 2"},
        {"caf\xc3\xa9", "caf=C3=A9"},
        {"a blank \nand a tab\t", "a blank=20\r\nand a tab=09"},
        {"a blank \r\n", "a blank=20\r\n"},
        {"  two  blanks", "  two  blanks"},
        {" \n", "=20\r\n"},
        {"\r", "=0D"},
        {"a\rb\r\r\n", "a=0Db=0D\r\n"},
        {"\x01\x7f\xff", "=01=7F=FF"},
        {".dot\n.", ".dot\r\n."},
        /* 76 is the longest line; a soft break needs one of them. */
        {X70 "123456", X70 "123456"},
        {X70 "123456\n", X70 "123456\r\n"},
        {X70 "1234567", X70 "12345=\r\n67"},
        {X70 "12345 7", X70 "12345=\r\n 7"},
        {X70 "1234 67", X70 "1234 =\r\n67"},
        {X70 "123=", X70 "123=3D"},
        {X70 "1234=", X70 "1234=\r\n=3D"},
        {X70 "12=3", X70 "12=3D3"},
        {X70 "12=34", X70 "12=3D=\r\n34"},
        {X70 "12345 ", X70 "12345=\r\n=20"},
        /* A character is not cut in two, broken UTF-8 is. */
        {X70 "\xc3\xa9", X70 "=C3=A9"},
        {X70 "\xc3\xa9.", X70 "=\r\n=C3=A9."},
        {X70 "\xf0\x9f\x98\x80", X70 "=\r\n=F0=9F=98=80"},
        {X70 "\xff\xff\xff", X70 "=FF=\r\n=FF=FF"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out = quote(cases[i].text, strlen(cases[i].text));
        assert_string_equal(out.data, cases[i].quoted);
        buffer_finish(&out);
    }
    struct buffer out = quote("a\0b", 3);
    assert_string_equal(out.data, "a=00b");
    buffer_finish(&out);
}

static int hex(char digit)
{
    const char *digits = "0123456789ABCDEF";
    const char *found = memchr(digits, digit, 16); /* upper case alone is right */
    assert_non_null(found);
    return (int)(found - digits);
}

/* A decoder of its own, strict: each line's length, no blank at an end, no lower-case digit. */
static size_t decode(const char *quoted, size_t length, char *text)
{
    size_t used = 0;
    for (size_t at = 0; at < length;) {
        const char *end = memmem(quoted + at, length - at, "\r\n", 2);
        size_t stop = end ? (size_t)(end - quoted) : length;
        assert_true(stop - at <= MIME_LINE_BYTES_MAX);
        assert_true(stop == at || (quoted[stop - 1] != ' ' && quoted[stop - 1] != '\t'));
        bool soft = stop > at && quoted[stop - 1] == '=';
        assert_true(!soft || end); /* the last line of all goes on nowhere */
        for (; at < stop - soft; at++) {
            unsigned char byte = (unsigned char)quoted[at];
            assert_true(byte == '\t' || (byte >= ' ' && byte < 0x7f));
            if (byte == '=') {
                byte = (unsigned char)(hex(quoted[at + 1]) * 16 + hex(quoted[at + 2]));
                at += 2;
            }
            text[used++] = (char)byte;
        }
        at = stop + 2;
        if (end && !soft) {
            memcpy(text + used, "\r\n", 2);
            used += 2;
        }
    }
    return used;
}

/* Pieces that are unlike each other in how they are written, or where a line may be cut. */
static size_t make_text(char *text)
{
    static const char *const pieces[] = {
        "a",
        "word",
        " ",
        "\t",
        "=",
        ".",
        "\r\n",
        "\r\n.\r\n",
        "\xc3\xa9",
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
        "--=_",
        X70,
        "   ",
        "From someone",
        "=3D",
        "\xff",
        "\r\n\r\n",
    };
    size_t used = 0;
    size_t want = (size_t)rand() % (TEXT_BYTES - 100);
    while (used < want) {
        const char *piece = pieces[(size_t)rand() % (sizeof pieces / sizeof *pieces)];
        memcpy(text + used, piece, strlen(piece));
        used += strlen(piece);
    }
    return used;
}

static void decoding_gives_the_text_back(void **state)
{
    (void)state;
    static char text[TEXT_BYTES];
    static char decoded[2 * TEXT_BYTES];
    srand(1);
    for (int i = 0; i < 2000; i++) {
        size_t length = make_text(text);
        struct buffer out = quote(text, length);
        size_t got = decode(out.data, out.len, decoded);
        assert_int_equal(got, length);
        assert_memory_equal(decoded, text, length);
        assert_null(memmem(out.data, out.len, "=_", 2)); /* no boundary can be inside */
        buffer_finish(&out);
    }
}

/* ---- Whole mails ---- */

static struct request request;
static struct affn_request *const face = &request.face;

static int start(void **state)
{
    (void)state;
    request_init(&request);
    request_begin(&request, 0);
    face->url(face, "smtp://mail.example.com", 0);
    face->mail_from(face, "me@example.com");
    face->rcpt(face, "you@example.com");
    return 0;
}

static int finish(void **state)
{
    (void)state;
    request_finish(&request);
    return 0;
}

static void part(const char *type, const char *text)
{
    face->part(face, type, text, (uint32_t)strlen(text));
}

static void body(const char *text)
{
    face->body(face, text, (uint32_t)strlen(text));
}

static struct buffer compose(void)
{
    struct buffer message;
    request_complete(&request);
    assert_string_equal(request.problem, "");
    buffer_init(&message, MIME_MESSAGE_BYTES_MAX);
    mime_compose(&message, &request);
    return message;
}

static void expect(const char *expected)
{
    struct buffer message = compose();
    assert_string_equal(message.data, expected);
    buffer_finish(&message);
}

static void a_body_is_sent_as_it_is(void **state)
{
    (void)state;
    face->header(face, "Subject", "Hi", 0);
    face->header(face, "X-Empty", "", 0);
    body("caf\xc3\xa9 = \n.\r\nthe end");
    expect("Subject: Hi\r\nX-Empty:\r\n\r\ncaf\xc3\xa9 = \r\n.\r\nthe end\r\n");
    body("ended\n");
    expect("Subject: Hi\r\nX-Empty:\r\n\r\nended\r\n");
    body("");
    expect("Subject: Hi\r\nX-Empty:\r\n\r\n");
}

static void one_part_is_no_multipart(void **state)
{
    (void)state;
    face->header(face, "Subject", "Hi", 0);
    part("text/plain; charset=utf-8", "caf\xc3\xa9");
    expect("Subject: Hi\r\n"
           "MIME-Version: 1.0\r\n"
           "Content-Type: text/plain; charset=utf-8\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n"
           "\r\n"
           "caf=C3=A9\r\n");
}

#define BOUNDARY "=_e24c79b2daff5134d5386359" /* of SHA-256 over those of the parts */

static void parts_are_alternatives(void **state)
{
    (void)state;
    face->header(face, "Subject", "Hi", 0);
    part("text/plain; charset=utf-8", "one\n");
    part("text/html; charset=utf-8", "<p>one</p>");
    expect("Subject: Hi\r\n"
           "MIME-Version: 1.0\r\n"
           "Content-Type: multipart/alternative; boundary=\"" BOUNDARY "\"\r\n"
           "\r\n"
           "--" BOUNDARY "\r\n"
           "Content-Type: text/plain; charset=utf-8\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n"
           "\r\n"
           "one\r\n"
           "\r\n"
           "--" BOUNDARY "\r\n"
           "Content-Type: text/html; charset=utf-8\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n"
           "\r\n"
           "<p>one</p>\r\n"
           "\r\n"
           "--" BOUNDARY "--\r\n");
}

/* The same parts give the same boundary, others another. */
static void the_boundary_comes_from_the_parts(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"one", "two"}, {"one", "two"}, {"two", "one"}, {"onet", "wo"}, {"one", "two\n"}};
    char boundaries[5][64];
    for (size_t i = 0; i < 5; i++) {
        finish(NULL);
        start(NULL);
        part("text/plain", texts[i][0]);
        part("text/html", texts[i][1]);
        struct buffer message = compose();
        int found = sscanf(message.data,
                           "MIME-Version: 1.0\r\n"
                           "Content-Type: multipart/alternative; boundary=\"%63[^\"]\"",
                           boundaries[i]);
        assert_int_equal(found, 1);
        assert_int_equal(strlen(boundaries[i]), 2 + 24);
        buffer_finish(&message);
    }
    assert_string_equal(boundaries[0], boundaries[1]);
    for (size_t i = 2; i < 5; i++)
        assert_string_not_equal(boundaries[0], boundaries[i]);
}

static void the_largest_mail_fits(void **state)
{
    (void)state;
    char *worst = malloc(REQUEST_BODY_BYTES_MAX);
    assert_non_null(worst);
    memset(worst, 0xff, REQUEST_BODY_BYTES_MAX);
    for (size_t i = 0; i < REQUEST_PARTS_MAX; i++)
        face->part(face, "text/plain", worst, REQUEST_BODY_BYTES_MAX);
    struct buffer message = compose();
    assert_true(message.len > (size_t)3 * REQUEST_PARTS_MAX * REQUEST_BODY_BYTES_MAX);
    buffer_finish(&message);
    free(worst);
}

#define MAIL(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quoted_printable), cmocka_unit_test(decoding_gives_the_text_back),
        MAIL(a_body_is_sent_as_it_is),      MAIL(one_part_is_no_multipart),
        MAIL(parts_are_alternatives),       MAIL(the_boundary_comes_from_the_parts),
        MAIL(the_largest_mail_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
