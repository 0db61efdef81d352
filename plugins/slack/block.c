/* See block.h. */
#include "block.h"

#include "json.h"

void block_begin(struct draft *json, const struct draft *text)
{
    json_open_object(json, NULL);
    json_text(json, "text", text->bytes);
    json_bool(json, "mrkdwn", false); /* no *bold* in the text */
    json_bool(json, "unfurl_links",
              false); /* a preview would fetch the link: a click that counts */
    json_bool(json, "unfurl_media", false);
    json_open_array(json, "blocks");
}

bool block_end(struct draft *json, const struct draft *text)
{
    json_close_array(json);
    json_close_object(json);
    return !text->full && !json->full && json->characters <= MESSAGE_CHARACTERS_MAX;
}

void block_plain(struct draft *json, const char *name, const struct draft *text)
{
    json_open_object(json, name);
    json_text(json, "type", "plain_text");
    json_text(json, "text", text->bytes);
    json_bool(json, "emoji", false);
    json_close_object(json);
}

void block_mrkdwn(struct draft *json, const char *name, const struct draft *text)
{
    json_open_object(json, name);
    json_text(json, "type", "mrkdwn");
    json_text(json, "text", text->bytes);
    json_bool(json, "verbatim", true);
    json_close_object(json);
}

void block_text(struct draft *json, const char *type, const struct draft *text)
{
    json_open_object(json, NULL);
    json_text(json, "type", type);
    block_plain(json, "text", text);
    json_close_object(json);
}
