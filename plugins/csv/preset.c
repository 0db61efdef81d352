/* See preset.h. */
#include "preset.h"

const char *const preset_names[] = {"hubspot", "salesforce", "pipedrive", NULL};

/* HubSpot finds a contact by its e-mail address, and asks for no more. */
static const struct preset_column hubspot_columns[] = {
    {"Email", FIELD_EMAIL, true},
    {"First Name", FIELD_FILL, false},
    {"Last Name", FIELD_FILL, false},
    {"Lifecycle Stage", FIELD_FILL, false},
    {"Lead Status", FIELD_FILL, false},
    {"Affiliate ID", FIELD_AFFILIATE_ID, true},
    {"Affiliate Status", FIELD_STATUS, true},
    {"Affiliate Link", FIELD_DEEP_LINK, true},
    {"Affiliate Status Date", FIELD_OCCURRED_AT, true},
};

/* A lead has a last name and a company. */
static const struct preset_column salesforce_columns[] = {
    {"Last Name", FIELD_FILL, true},
    {"Company", FIELD_FILL, true},
    {"Email", FIELD_EMAIL, true},
    {"First Name", FIELD_FILL, false},
    {"Lead Source", FIELD_FILL, false},
    {"Lead Status", FIELD_FILL, false},
    {"Affiliate ID", FIELD_AFFILIATE_ID, true},
    {"Affiliate Status", FIELD_STATUS, true},
    {"Affiliate Link", FIELD_DEEP_LINK, true},
    {"Affiliate Status Date", FIELD_OCCURRED_AT, true},
};

/* A person has a name; the heads are those of Pipedrive's own exports. */
static const struct preset_column pipedrive_columns[] = {
    {"Person - Name", FIELD_FILL, true},
    {"Person - Email", FIELD_EMAIL, true},
    {"Person - Organization", FIELD_FILL, false},
    {"Person - Label", FIELD_FILL, false},
    {"Person - Affiliate ID", FIELD_AFFILIATE_ID, true},
    {"Person - Affiliate Status", FIELD_STATUS, true},
    {"Person - Affiliate Link", FIELD_DEEP_LINK, true},
    {"Person - Affiliate Status Date", FIELD_OCCURRED_AT, true},
};

#define COLUMNS(name) name, sizeof(name) / sizeof(name)[0]

/* Rows are without the header; of HubSpot's sizes it is the one that every account has. */
static const struct preset presets[] = {
    {COLUMNS(hubspot_columns), 1048575, 20000000, DATE_DAY},
    {COLUMNS(salesforce_columns), 50000, 100000000, DATE_DAY},
    {COLUMNS(pipedrive_columns), 49999, 50000000, DATE_DAY},
};

const struct preset *preset_get(int32_t index)
{
    return &presets[index];
}
