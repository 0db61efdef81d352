/* See door_message.h. A message's put and get stand side by side: fields in the same order. */
#include "core/wire/door_message.h"

/* ---- SETUP ---- */

static void put_texts(struct frame_writer *writer, const char *const *texts, uint32_t count)
{
    frame_put_u32(writer, count);
    for (uint32_t i = 0; i < count; i++)
        frame_put_text(writer, texts[i]);
}

/* A count that is within bounds, or the frame fails and it is 0. */
static uint32_t get_count(struct frame *frame, uint32_t max)
{
    uint32_t count = frame_get_u32(frame);
    if (count > max)
        frame->failed = true;
    return frame->failed ? 0 : count;
}

static uint32_t get_texts(struct frame *frame, const char **texts)
{
    uint32_t count = get_count(frame, HTTP_CREDENTIALS_MAX);
    for (uint32_t i = 0; i < count; i++)
        texts[i] = frame_get_text(frame);
    return count;
}

int door_message_put_setup(struct buffer *buffer, const struct door_setup *setup)
{
    struct frame_writer writer = frame_begin(buffer, DOOR_MESSAGE_SETUP);
    frame_put_text(&writer, setup->socket);
    frame_put_text(&writer, setup->certificate);
    frame_put_text(&writer, setup->key);
    frame_put_u32(&writer, setup->socket_count);
    frame_put_u32(&writer, setup->wanted_count);
    frame_put_u32(&writer, setup->listener_count);
    for (uint32_t i = 0; i < setup->listener_count; i++) {
        frame_put_u32(&writer, setup->listeners[i].role);
        frame_put_text(&writer, setup->listeners[i].url);
    }
    put_texts(&writer, setup->tokens, setup->token_count);
    put_texts(&writer, setup->secrets, setup->secret_count);
    return frame_end(&writer);
}

int door_message_get_setup(struct frame *frame, struct door_setup *setup)
{
    *setup = (struct door_setup){.socket = frame_get_text(frame)};
    setup->certificate = frame_get_text(frame);
    setup->key = frame_get_text(frame);
    setup->socket_count = get_count(frame, HTTP_SOCKETS_MAX);
    setup->wanted_count = get_count(frame, HTTP_LISTENERS_MAX);
    setup->listener_count = get_count(frame, HTTP_LISTENERS_MAX);
    for (uint32_t i = 0; i < setup->listener_count; i++) {
        setup->listeners[i].role = frame_get_u32(frame);
        setup->listeners[i].url = frame_get_text(frame);
    }
    setup->token_count = get_texts(frame, setup->tokens);
    setup->secret_count = get_texts(frame, setup->secrets);
    return frame_done(frame);
}

/* ---- STATE ---- */

int door_message_put_state(struct buffer *buffer, const struct door_state *state)
{
    struct frame_writer writer = frame_begin(buffer, DOOR_MESSAGE_STATE);
    frame_put_u32(&writer, state->listener_count);
    for (uint32_t i = 0; i < state->listener_count; i++) {
        frame_put_u32(&writer, state->listeners[i].role);
        frame_put_u32(&writer, state->listeners[i].is_open);
        frame_put_text(&writer, state->listeners[i].error);
    }
    return frame_end(&writer);
}

int door_message_get_state(struct frame *frame, struct door_state *state)
{
    *state = (struct door_state){.listener_count = get_count(frame, HTTP_LISTENERS_MAX)};
    for (uint32_t i = 0; i < state->listener_count; i++) {
        state->listeners[i].role = frame_get_u32(frame);
        state->listeners[i].is_open = frame_get_u32(frame);
        state->listeners[i].error = frame_get_text(frame);
    }
    return frame_done(frame);
}
