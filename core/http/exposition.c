/* See exposition.h. */
#include "core/http/exposition.h"

#include <jansson.h>
#include <string.h>

#include "core/base/buffer.h"

/* A text in which some characters are written with a backslash; in all of them a line break is. */
static int add_escaped(struct buffer *out, const char *text, const char *escaped)
{
    int failed = 0;
    for (const char *next = text; *next; next++) {
        if (*next == '\n')
            failed |= buffer_add_text(out, "\\n");
        else if (strchr(escaped, *next))
            failed |= buffer_printf(out, "\\%c", *next);
        else
            failed |= buffer_add(out, next, 1);
    }
    return failed;
}

/* {a="b",c="d"}, and `le` as the last one unless it is NULL; nothing when there is none. */
static int add_labels(struct buffer *out, const json_t *labels, const char *le)
{
    const char *name;
    json_t *value;
    const char *before = "{";
    int failed = json_is_object(labels) ? 0 : -1;
    json_object_foreach((json_t *)labels, name, value)
    {
        const char *text = json_string_value(value);
        failed |= buffer_printf(out, "%s%s=\"", before, name);
        failed |= text ? add_escaped(out, text, "\\\"") : -1;
        failed |= buffer_add_text(out, "\"");
        before = ",";
    }
    if (le)
        failed |= buffer_printf(out, "%sle=\"%s\"", before, le);
    if (le || *before == ',')
        failed |= buffer_add_text(out, "}");
    return failed;
}

static int add_value(struct buffer *out, const json_t *value)
{
    if (json_is_integer(value))
        return buffer_printf(out, " %lld\n", (long long)json_integer_value(value));
    return json_is_real(value) ? buffer_printf(out, " %.15g\n", json_real_value(value)) : -1;
}

static int add_line(struct buffer *out, const char *name, const char *suffix, const json_t *labels,
                    const char *le, const json_t *value)
{
    int failed = buffer_printf(out, "%s%s", name, suffix);
    failed |= add_labels(out, labels, le);
    failed |= add_value(out, value);
    return failed;
}

static int add_histogram(struct buffer *out, const char *name, const json_t *sample)
{
    const json_t *labels = json_object_get(sample, "labels");
    const json_t *buckets = json_object_get(sample, "buckets");
    const json_t *count = json_object_get(sample, "count");
    int failed = 0;
    for (size_t i = 0; i < json_array_size(buckets); i++) {
        const json_t *bucket = json_array_get(buckets, i);
        char bound[32];
        snprintf(bound, sizeof bound, "%.15g", json_number_value(json_array_get(bucket, 0)));
        failed |= add_line(out, name, "_bucket", labels, bound, json_array_get(bucket, 1));
    }
    failed |= add_line(out, name, "_bucket", labels, "+Inf", count);
    failed |= add_line(out, name, "_sum", labels, NULL, json_object_get(sample, "sum"));
    failed |= add_line(out, name, "_count", labels, NULL, count);
    return failed;
}

static int add_metric(struct buffer *out, const json_t *metric)
{
    const char *name = json_string_value(json_object_get(metric, "name"));
    const char *type = json_string_value(json_object_get(metric, "type"));
    const char *help = json_string_value(json_object_get(metric, "help"));
    const json_t *samples = json_object_get(metric, "samples");
    if (!name || !type || !help || !json_is_array(samples))
        return -1;
    int failed = buffer_printf(out, "# HELP %s ", name);
    failed |= add_escaped(out, help, "\\");
    failed |= buffer_printf(out, "\n# TYPE %s %s\n", name, type);
    for (size_t i = 0; i < json_array_size(samples) && failed == 0; i++) {
        const json_t *sample = json_array_get(samples, i);
        failed |= strcmp(type, "histogram") == 0
                      ? add_histogram(out, name, sample)
                      : add_line(out, name, "", json_object_get(sample, "labels"), NULL,
                                 json_object_get(sample, "value"));
    }
    return failed;
}

int exposition_write(struct buffer *out, const json_t *metrics)
{
    int failed = json_is_array(metrics) ? 0 : -1;
    for (size_t i = 0; i < json_array_size(metrics) && failed == 0; i++)
        failed = add_metric(out, json_array_get(metrics, i));
    return failed ? -1 : 0;
}
