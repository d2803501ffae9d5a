#include "appliance/attribute.h"

#include <string.h>

const struct attribute attributes[] = {
#define ATTRIBUTE(number, NAME, name, holder, scope, value, cap, past, into, as, what)             \
    {ATTRIBUTE_##NAME,                                                                             \
     name,                                                                                         \
     HOLDER_##holder,                                                                              \
     ATTRIBUTE_SCOPE_##scope,                                                                      \
     ATTRIBUTE_VALUE_##value,                                                                      \
     cap,                                                                                          \
     ATTRIBUTE_PAST_##past,                                                                        \
     ATTRIBUTE_INTO_##into,                                                                        \
     as,                                                                                           \
     what},
#include "appliance/attribute.def"
#undef ATTRIBUTE
};
const size_t attributes_count = sizeof attributes / sizeof *attributes;

const struct attribute *attribute_by_number(unsigned number)
{
    for (size_t i = 0; i < attributes_count; i++)
        if ((unsigned)attributes[i].number == number)
            return &attributes[i];
    return NULL;
}

const struct attribute *attribute_by_name(struct bytes_view name)
{
    for (size_t i = 0; i < attributes_count; i++)
        if (bytes_equal_text(name, attributes[i].name))
            return &attributes[i];
    return NULL;
}

bool attribute_stays(const struct attribute *attribute, struct bytes_view value)
{
    return attribute->past == ATTRIBUTE_PAST_STAYS &&
           (attribute->number != ATTRIBUTE_AFFILIATION || bytes_equal_text(value, "supplier") ||
            bytes_equal_text(value, "customer"));
}

/* ---- countries: ISO 3166-1 alpha-3, each followed by a space ---- */

static const char countries[] =
    "ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD "
    "BGR BHR BHS BIH BLM BLR BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR "
    "COD COG COK COL COM CPV CRI CUB CUW CXR CYM CYP CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESH "
    "ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL "
    "GTM GUF GUM GUY HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR "
    "JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR "
    "MCO MDA MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL "
    "NER NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN PCN PER PHL PLW PNG POL PRI PRK PRT PRY "
    "PSE PYF QAT REU ROU RUS RWA SAU SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP "
    "SUR SVK SVN SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA "
    "UGA UKR UMI URY USA UZB VAT VCT VEN VGB VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE ";

bool attribute_country_is_known(struct bytes_view code)
{
    if (code.length != 3)
        return false;
    for (const char *c = countries; *c; c += 4)
        if (memcmp(c, code.data, 3) == 0)
            return true;
    return false;
}

/* ---- windows ---- */

static int day_of(const uint8_t *text)
{
    static const char days[] = "MonTueWedThuFriSatSun";
    for (int i = 0; i < 7; i++)
        if (memcmp(days + 3 * i, text, 3) == 0)
            return i + 1;
    return 0;
}

/* hh:mm as milliseconds, 24:00 for the day's end; -1 when it is none. */
static int clock_of(const uint8_t *t)
{
    for (int i = 0; i < 5; i++)
        if (i == 2 ? t[i] != ':' : t[i] < '0' || t[i] > '9')
            return -1;
    int hours = (t[0] - '0') * 10 + t[1] - '0', minutes = (t[3] - '0') * 10 + t[4] - '0';
    if (hours > 24 || minutes > 59 || (hours == 24 && minutes))
        return -1;
    return (hours * 60 + minutes) * 60000;
}

bool attribute_window(struct bytes_view value, struct attribute_window *ret_window)
{
    const uint8_t *t = value.data;
    size_t n = value.length;
    bool range = n > 3 && t[3] == '-';
    size_t at = range ? 7 : 3;
    if (n != at + 1 + 11 + 1 + 6 || t[at] != ' ' || t[at + 6] != '-' || t[at + 12] != ' ')
        return false;
    int first = day_of(t), last = range ? day_of(t + 4) : first;
    int from = clock_of(t + at + 1), to = clock_of(t + at + 7), offset = clock_of(t + at + 14);
    uint8_t sign = t[at + 13];
    if (!first || !last || from < 0 || to < 0 || from == to || offset < 0 ||
        offset > 14 * 3600000 || (sign != '+' && sign != '-'))
        return false;
    *ret_window = (struct attribute_window){.from_ms = from, .to_ms = to};
    ret_window->offset_ms = sign == '-' ? -offset : offset;
    for (int day = first;; day = day % 7 + 1) {
        ret_window->days |= 1u << day;
        if (day == last)
            return true;
    }
}

/* ---- values ---- */

/* What stands without a word in front may not look like what has one. */
static bool is_code(const struct attribute *attribute, struct bytes_view v)
{
    bool bare = attribute->into == ATTRIBUTE_INTO_TAG && attribute->as[0] == '\0';
    if (bare && v.length && memchr(v.data, ':', v.length))
        return false;
    for (uint32_t i = 0; i < v.length; i++) {
        uint8_t c = v.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && !memchr("._:/+-()", c, 8))
            return false;
    }
    return v.length > 0;
}

const char *attribute_refuse(const struct attribute *attribute, struct bytes_view value)
{
    struct attribute_window window;
    if (value.length == 0 || value.length > ATTRIBUTE_VALUE_MAX)
        return "must be 1 to 64 bytes long";
    switch (attribute->value) {
    case ATTRIBUTE_VALUE_FLAG:
        return bytes_equal_text(value, "true") ? NULL
                                               : "must be \"true\"; what is not so has no record";
    case ATTRIBUTE_VALUE_COUNTRY:
        return attribute_country_is_known(value)
                   ? NULL
                   : "must be a country's three letters of ISO 3166-1, such as USA";
    case ATTRIBUTE_VALUE_LEVEL:
        return value.length == 1 && value.data[0] >= '0' && value.data[0] <= '4'
                   ? NULL
                   : "must be a level from 0 to 4";
    case ATTRIBUTE_VALUE_CODE:
        return is_code(attribute, value) ? NULL
                                         : "must be letters, digits and . _ : / + - ( ) alone; "
                                           "of a skill no colon";
    case ATTRIBUTE_VALUE_WINDOW:
        return attribute_window(value, &window)
                   ? NULL
                   : "must be days, hours and the offset from UTC, such as Mon-Fri 06:00-22:00 "
                     "-06:00";
    case ATTRIBUTE_VALUE_TEXT:
        return NULL;
    }
    return "is of no known kind";
}
