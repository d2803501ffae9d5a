#include "appliance/schema.h"

#include <string.h>

#include "appliance/attribute.h"
#include "appliance/operation.h"

static void put(struct bytes_put *out, const char *text)
{
    bytes_put_fixed(out, text, strlen(text));
}

/* put_all(out, text, ..., NULL) */
static void put_all(struct bytes_put *out, const char *const *texts)
{
    for (; *texts; texts++)
        put(out, *texts);
}
#define PUT(out, ...) put_all(out, (const char *const[]){__VA_ARGS__, NULL})

/* ---- countries: ISO 3166-1, as records may name them ---- */

static void put_countries(struct bytes_put *out)
{
    char code[4] = "AAA";
    unsigned n = 0;
    put(out, "  // ISO 3166-1: a code that is none of these is an error in a policy, never a "
             "silent mismatch\n  entity Country enum [");
    for (code[0] = 'A'; code[0] <= 'Z'; code[0]++)
        for (code[1] = 'A'; code[1] <= 'Z'; code[1]++)
            for (code[2] = 'A'; code[2] <= 'Z'; code[2]++)
                if (attribute_country_is_known(bytes_text(code))) {
                    PUT(out, n ? "," : "", n % 14 ? " " : "\n    ", "\"", code, "\"");
                    n++;
                }
    put(out, "\n  ];\n\n");
}

/* ---- people and stations: a row of attribute.def is an attribute, or a kind of tag ---- */

static const char *type_of(const struct attribute *a)
{
    switch (a->into) {
    case ATTRIBUTE_INTO_BOOL:
        return ": Bool";
    case ATTRIBUTE_INTO_LEVEL:
        return "?: Long";
    case ATTRIBUTE_INTO_ONE:
        return "?: Country";
    case ATTRIBUTE_INTO_NAME:
        return "?: String";
    case ATTRIBUTE_INTO_NATIONS:
        return ": Set<Country>";
    case ATTRIBUTE_INTO_NAMES:
        return ": Set<String>";
    case ATTRIBUTE_INTO_UNTIL:
        return "?: datetime";
    case ATTRIBUTE_INTO_WINDOW:
        return "?: { days: Set<Long>, from: duration, to: duration }";
    default:
        return NULL; /* a parent, a tag */
    }
}

static void put_holder(struct bytes_put *out, enum holder_kind kind, const char *own)
{
    put(out, own);
    for (size_t i = 0; i < attributes_count; i++) {
        const struct attribute *a = &attributes[i];
        if (a->holder != kind || !type_of(a))
            continue;
        PUT(out, "    // ", a->what, "\n    ", a->as, type_of(a), ",\n");
    }
    put(out, "  }");
    bool tags = false;
    for (size_t i = 0; i < attributes_count; i++) {
        const struct attribute *a = &attributes[i];
        if (a->holder != kind || a->into != ATTRIBUTE_INTO_TAG)
            continue;
        PUT(out, tags ? "" : " tags datetime;  // until when it holds; the tag is one of\n",
            "  //   \"", a->as, "<value>\": ", a->what, "\n");
        tags = true;
    }
    put(out, tags ? "\n" : ";\n\n");
}

/* ---- objects: each type that an operation is decided on ---- */

static bool type_is_first(const struct operation *o)
{
    for (const struct operation *before = operations; before < o; before++)
        if (before->action[0] && strcmp(before->resource, o->resource) == 0)
            return false;
    return o->action[0] != '\0';
}

static void put_objects(struct bytes_put *out)
{
    static const struct {
        const char *type, *more;
    } more[] = {
        {"Document", ", technical: Bool"},
        {"Unit", ", skill?: String"},
        {"Release", ", requester?: Person, approver?: Person"},
        {"Inbound", ", approver?: Person"},
        {"Authorization", ", enteredBy?: String, about?: String"},
        {"Policy", ", requester?: Person"},
        {"Definition", ", requester?: Person"},
    };
    for (size_t i = 0; i < operations_count; i++) {
        const struct operation *o = &operations[i];
        if (!type_is_first(o))
            continue;
        PUT(out, "  entity ", o->resource, " = { enclave: Enclave, site: String, marking: Marking");
        for (size_t k = 0; k < sizeof more / sizeof *more; k++)
            if (strcmp(more[k].type, o->resource) == 0)
                put(out, more[k].more);
        put(out, " };\n");
    }
    put(out, "\n");
}

/* ---- actions ---- */

static void put_actions(struct bytes_put *out)
{
    for (size_t i = 0; i < operations_count; i++) {
        const struct operation *o = &operations[i];
        bool first = true;
        if (operation_action_first(o) != o)
            continue;
        PUT(out, "  action \"", o->action, "\" in [\"", operation_action_group(o),
            "\"]\n    appliesTo { principal: [Person], resource: [");
        for (size_t k = i; k < operations_count; k++) {
            bool seen = strcmp(operations[k].action, o->action) != 0;
            for (size_t m = i; m < k && !seen; m++)
                seen = strcmp(operations[m].action, o->action) == 0 &&
                       strcmp(operations[m].resource, operations[k].resource) == 0;
            if (!seen)
                PUT(out, first ? "" : ", ", operations[k].resource);
            first = first && seen;
        }
        put(out, "], context: Where };\n");
    }
}

void schema_write(struct bytes_put *out)
{
    put(out,
        "// What policies may speak about.  Expanded from the tables of operations and of\n"
        "// attributes: do not edit it here.  Times are UTC, levels are 0 (unclassified) to 4.\n"
        "// A person's and a station's attributes are the authorization records in force: without\n"
        "// a record a text, country, level or time is absent, a set empty, a Bool false.\n"
        "namespace Casemate {\n");
    put_countries(out);
    put(out, "  // operator, inspector, lead, quality-engineer, manufacturing-engineer, planner,\n"
             "  // program-manager, security-officer, administrator, audit-administrator, ...\n"
             "  entity Role;\n\n"
             "  // one program's compartment; Casemate::Enclave::\"site\" is the people "
             "administration.  Who entered a record, and whom it is about, is told\n"
             "  // there as the human being: a person's `natural`\n"
             "  entity Enclave = {};\n\n");
    put_holder(out, HOLDER_PERSON,
               "  entity Person in [Role] = {\n    suspended: Bool,\n"
               "    // one human being, whatever accounts there are\n    natural: String,\n");
    put_holder(out, HOLDER_STATION,
               "  entity Station = {\n    suspended: Bool,\n    training: Bool,\n");
    put(out,
        "  // how a program, a part or a document is marked; \"\" or [] where nothing is said\n"
        "  entity Marking = {\n"
        "    level: Long,\n    itar: Bool,\n    ear: Bool,\n"
        "    category: String,             // of the USML, or an ECCN\n"
        "    authorizationTag: String,     // the tag of a person who is authorized for it\n"
        "    authorizationReadTag: String, // to read alone\n"
        "    party: String,                // the foreign party whose employees may be exempt\n"
        "    noforn: Bool,\n    relTo: Set<Country>,\n"
        "    disclosureTag: String,\n"
        "    dissem: Set<String>,          // ORCON, PROPIN, FGI\n"
        "    ldc: Set<String>,             // NOCON, FEDONLY, FEDCON, DL, DISPLAY\n"
        "    distributionList: String,\n    contract: String,\n"
        "    excludedEmployers: Set<String>,\n    zones: Set<String>,\n"
        "    group: String,                // of need-to-know\n"
        "  };\n\n");
    put_objects(out);
    put(out,
        "  type Where = {\n    station: Station,\n    now: datetime,\n    enclave: Enclave,\n"
        "    factor: String,          // \"badge+pin\", \"fido2\", \"piv\"\n"
        "    sinceVerified: duration, // since that factor was shown\n"
        "    weekday: Long,           // 1 Monday to 7, where the person's hours are counted\n"
        "    dayBefore: Long,\n"
        "    timeOfDay: duration,     // there\n"
        "    breakGlassTag: String,   // the tag of a person who broke the glass for this action\n"
        "    escort?: Person,         // who signed in together with a visitor\n"
        "  };\n\n"
        "  action \"read\";\n  action \"write\";\n  action \"security\";\n\n");
    put_actions(out);
    put(out, "}\n");
}
