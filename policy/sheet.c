#include "policy/sheet.h"

#include <stdlib.h>
#include <string.h>

#include "policy/html.h"
#include "policy/lint_set.h"
#include "policy/prose.h"
#include "policy/sha256.h"

#define WORDS_MAX 65536U

struct sheet {
    const struct cedar_policies *set;
    const struct sheet_options *options;
    FILE *out;
    struct prose prose;
    unsigned depth; /* of the open lists */
    uint32_t findings;
    char *words; /* WORDS_MAX bytes */
};

/* The look: black on white, so that a printed and a shown sheet are the same. */
static const char style[] =
    "*{box-sizing:border-box;direction:ltr;unicode-bidi:bidi-override}"
    "body{font:10.5pt/1.42 'Noto Sans','DejaVu Sans',Arial,sans-serif;color:#111;background:#fff;"
    "max-width:190mm;margin:10mm auto;padding:0 5mm}"
    "h1{font-size:19pt;line-height:1.2;margin:0 0 4mm}"
    "h2{font-size:13pt;margin:9mm 0 2.5mm;border-bottom:1.5pt solid #111;padding-bottom:1mm;"
    "break-after:avoid}"
    "p{margin:0 0 1.5mm}"
    "table{border-collapse:collapse;width:100%;break-before:avoid}"
    "th,td{text-align:left;vertical-align:top;padding:1.8mm 2.5mm;border-bottom:.5pt solid #999}"
    "th{font-size:9pt;border-bottom:1pt solid #111}"
    "thead{display:table-header-group}tr{break-inside:avoid}"
    ".facts th{width:32mm;font-weight:600;border-bottom:.5pt solid #999}"
    ".rules td:first-child,.rules th:first-child{width:40mm}"
    ".rules td:last-child,.rules th:last-child{width:46mm}"
    ".index{table-layout:fixed}.index th:first-child{width:52mm}"
    "ul{margin:.5mm 0 1mm;padding-left:5mm}li{margin:.4mm 0}"
    ".place,.note{font-size:8.5pt;color:#444}"
    ".mono,pre{font-family:'Noto Sans Mono','DejaVu Sans Mono',monospace;font-size:8.8pt}"
    ".id{font-weight:600;overflow-wrap:anywhere}"
    "td,p,li{overflow-wrap:anywhere}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.35;margin:0 0 5mm;"
    "font-size:8pt}"
    "pre b{font-weight:400;color:#666;display:inline-block;width:10mm;text-align:right;"
    "padding-right:3mm;user-select:none}"
    ".text{break-before:page}"
    ".sign{break-inside:avoid}.sign td{height:17mm;vertical-align:bottom;font-size:8.5pt;"
    "color:#444;border-bottom:.8pt solid #111}.sign td+td{border-left:4mm solid #fff}"
    ".sign tr td:first-child{width:32mm;white-space:nowrap;color:#111;font-size:10pt}"
    ".write{display:inline-block;width:60mm;border-bottom:.8pt solid #111}"
    "@media print{body{margin:0;padding:0;max-width:none}}";

static struct writer words_of(struct sheet *s)
{
    s->words[0] = '\0';
    return (struct writer){s->words, WORDS_MAX, 0};
}

/* Words that were cut would say something else than the policy. */
static void print_words(struct sheet *s, const struct writer *w)
{
    html_string(s->out, w->at + 4 >= w->size ? "too long to be put in words; read it in the text"
                                             : s->words);
}

static void print_hash(struct sheet *s, const void *data, size_t length, const char *apart)
{
    uint8_t hash[SHA256_LENGTH];

    sha256(data, length, hash);
    for (unsigned i = 0; i < SHA256_LENGTH; i++)
        fprintf(s->out, "%s%02x", i > 0 && i % 4 == 0 ? apart : "", hash[i]);
}

static void print_set_hash(struct sheet *s, const char *apart)
{
    size_t length;
    const uint8_t *bytes = cedar_policies_source(s->set, &length);

    print_hash(s, bytes, length, apart);
}

static uint32_t count(const struct sheet *s, bool forbids)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->set->policies.count; i++)
        n += s->set->policies.at[i].is_forbid == forbids;
    return n;
}

/* ---- head ---- */

static const char *title(const struct sheet *s)
{
    return s->options->title != NULL ? s->options->title : "Access policies for review";
}

static void print_top(struct sheet *s)
{
    fprintf(s->out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                    "style-src 'unsafe-inline'\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    html_string(s->out, title(s));
    fprintf(s->out,
            "</title>\n<style>%s@page{size:A4;margin:16mm 15mm 18mm;"
            "@bottom-left{font:7.5pt monospace;content:\"SHA-256 ",
            style);
    print_set_hash(s, " ");
    fprintf(s->out, "\"}@bottom-right{font:8pt sans-serif;"
                    "content:counter(page) \" of \" counter(pages)}}"
                    "</style>\n</head>\n<body>\n<h1>");
    html_string(s->out, title(s));
    fprintf(s->out, "</h1>\n");
}

static void print_facts(struct sheet *s)
{
    const struct sheet_options *o = s->options;

    fprintf(s->out, "<table class=\"facts\">\n<tr><th>Date</th><td>");
    if (o->date != NULL)
        html_string(s->out, o->date);
    else
        fprintf(s->out, "<span class=\"write\">&nbsp;</span>");
    fprintf(s->out, "</td></tr>\n<tr><th>Policies</th><td>%u: %u forbid, %u permit</td></tr>\n",
            s->set->policies.count, count(s, true), count(s, false));
    fprintf(s->out, "<tr><th>Files, in order</th><td>");
    for (uint32_t i = 0; i < s->set->sources.count; i++) {
        fputs(i > 0 ? "<br>" : "", s->out);
        html_string(s->out, s->set->sources.at[i].name);
    }
    fprintf(s->out, "</td></tr>\n<tr><th>SHA-256</th><td class=\"mono\">");
    print_set_hash(s, " ");
    fprintf(s->out, "</td></tr>\n");
    if (o->schema != NULL) {
        fprintf(s->out, "<tr><th>Schema</th><td>");
        html_string(s->out, o->schema_source->name);
        fprintf(s->out, "<br><span class=\"mono\">");
        print_hash(s, o->schema_source->text, o->schema_source->length, " ");
        fprintf(s->out, "</span></td></tr>\n");
    }
    fprintf(s->out, "</table>\n");
}

static void print_reading(struct sheet *s)
{
    fprintf(s->out,
            "<h2>How to read this sheet</h2>\n"
            "<p>A request is allowed if at least one permit applies, no forbid applies, and no "
            "policy errs. A policy applies if its conditions are met.</p>\n"
            "<p>“present:” names values that a condition needs. If one of them is missing, "
            "the condition is not met.</p>\n"
            "<p>The words are an aid. What is installed is the text at the end of this sheet, and "
            "the SHA-256 is of that text: of each file, its length in four bytes, then its "
            "bytes.</p>\n");
    if (s->prose.namespace.length > 0) {
        fprintf(s->out, "<p>All types and actions are of the namespace ");
        html_text(s->out, s->prose.namespace);
        fprintf(s->out, ", which is left out.</p>\n");
    }
}

/* ---- the policies ---- */

/* Where a policy stands; the whole path is at the top of the sheet. */
static void print_place(struct sheet *s, const char *name, uint32_t line)
{
    const char *slash = strrchr(name, '/');

    fprintf(s->out, "<br><span class=\"place\">");
    html_string(s->out, slash != NULL ? slash + 1 : name);
    fprintf(s->out, ":%u</span></td><td><p>", line);
}

static void print_line(void *context, unsigned depth, const char *text)
{
    struct sheet *s = context;

    for (; s->depth > depth; s->depth--)
        fprintf(s->out, "</ul>");
    for (; s->depth < depth; s->depth++)
        fprintf(s->out, "<ul>");
    fprintf(s->out, depth == 0 ? "<p>" : "<li>");
    html_string(s->out, text);
    fprintf(s->out, depth == 0 ? "</p>" : "");
}

/* Annotations other than @id and @why, which have their own columns. */
static void print_annotations(struct sheet *s, const struct policy *policy)
{
    for (uint32_t i = 0; i < policy->annotation_count; i++) {
        const struct annotation *a = &s->set->annotations.at[policy->annotation_first + i];
        struct text name = symbols_text(&s->set->symbols, a->key);
        if (text_is(name, "id") || text_is(name, "why"))
            continue;
        fprintf(s->out, "<p class=\"note\">@");
        html_text(s->out, name);
        fprintf(s->out, ": ");
        html_text(s->out, symbols_text(&s->set->symbols, a->value));
        fprintf(s->out, "</p>");
    }
}

static void print_policy(struct sheet *s, uint32_t number)
{
    const struct policy *policy = &s->set->policies.at[number];
    uint32_t why = policies_annotation(s->set, policy, "why");
    uint32_t line, column;
    const struct source *source = policies_place(s->set, policy->span.start, &line, &column);
    struct writer w = words_of(s);

    fprintf(s->out, "<tr><td><span class=\"id\">");
    html_string(s->out, cedar_policy_id(s->set, number));
    fprintf(s->out, "</span>");
    print_place(s, source->name, line);
    prose_scope(&s->prose, &w, number);
    print_words(s, &w);
    fprintf(s->out, "</p>");
    prose_conditions(&s->prose, number, print_line, s);
    for (; s->depth > 0; s->depth--)
        fprintf(s->out, "</ul>");
    print_annotations(s, policy);
    fprintf(s->out, "</td><td>");
    html_text(s->out, why != UINT32_MAX ? symbols_text(&s->set->symbols, why)
                                        : text_of("no reason is given"));
    fprintf(s->out, "</td></tr>\n");
}

static void print_policies(struct sheet *s, bool forbids, const char *heading)
{
    fprintf(s->out, "<h2>%s</h2>\n", heading);
    if (count(s, forbids) == 0) {
        fprintf(s->out, "<p>Nothing.</p>\n");
        return;
    }
    fprintf(s->out, "<table class=\"rules\">\n<thead><tr><th>Policy</th><th>Rule</th><th>Why"
                    "</th></tr></thead>\n");
    for (uint32_t i = 0; i < s->set->policies.count; i++)
        if (s->set->policies.at[i].is_forbid == forbids)
            print_policy(s, i);
    fprintf(s->out, "</table>\n");
}

/* ---- indices ---- */

static bool scope_same(const struct cedar_policies *set, const struct scope *a,
                       const struct scope *b)
{
    if (a->kind != b->kind || a->type != b->type || a->uid.type != b->uid.type ||
        a->uid.id != b->uid.id || a->count != b->count)
        return false;
    return a->count == 0 || memcmp(&set->children.at[a->first], &set->children.at[b->first],
                                   (size_t)2 * a->count * sizeof(uint32_t)) == 0;
}

/* Whether a policy belongs to a row of an index; ${of} is what the row is about. */
typedef bool belongs(const struct sheet *s, uint32_t policy, uint32_t of);

static void print_ids(struct sheet *s, bool forbids, belongs *wanted, uint32_t of)
{
    const char *comma = "";

    fprintf(s->out, "<td>");
    for (uint32_t i = 0; i < s->set->policies.count; i++) {
        if (s->set->policies.at[i].is_forbid != forbids || !wanted(s, i, of))
            continue;
        fputs(comma, s->out);
        html_string(s->out, cedar_policy_id(s->set, i));
        comma = ", ";
    }
    fprintf(s->out, "%s</td>", comma[0] == '\0' ? "–" : "");
}

static void print_row(struct sheet *s, const struct writer *w, belongs *wanted, uint32_t of)
{
    fprintf(s->out, "<tr><td>");
    print_words(s, w);
    fprintf(s->out, "</td>");
    print_ids(s, false, wanted, of);
    print_ids(s, true, wanted, of);
    fprintf(s->out, "</tr>\n");
}

static bool has_principal_of(const struct sheet *s, uint32_t policy, uint32_t of)
{
    return scope_same(s->set, &s->set->policies.at[policy].scopes[VARIABLE_PRINCIPAL],
                      &s->set->policies.at[of].scopes[VARIABLE_PRINCIPAL]);
}

static void print_index_head(struct sheet *s, const char *heading, const char *first)
{
    fprintf(s->out,
            "<h2>%s</h2>\n<table "
            "class=\"index\">\n<thead><tr><th>%s</th><th>Permits</th><th>Forbids</th>"
            "</tr></thead>\n",
            heading, first);
}

static void print_principals(struct sheet *s)
{
    print_index_head(s, "Who is spoken of", "Principal");
    for (uint32_t i = 0; i < s->set->policies.count; i++) {
        const struct scope *scope = &s->set->policies.at[i].scopes[VARIABLE_PRINCIPAL];
        bool is_new = true;
        for (uint32_t k = 0; k < i && is_new; k++)
            is_new = !has_principal_of(s, k, i);
        if (!is_new)
            continue;
        struct writer w = words_of(s);
        prose_principal(&s->prose, &w, scope);
        print_row(s, &w, has_principal_of, i);
    }
    fprintf(s->out, "</table>\n");
}

static bool is_for_action(const struct sheet *s, uint32_t policy, uint32_t of)
{
    const struct scope *scope = &s->set->policies.at[policy].scopes[VARIABLE_ACTION];

    /* Forbids of every action are said once. */
    return (scope->kind != SCOPE_ANY || !s->set->policies.at[policy].is_forbid) &&
           scope_has_action(s->set, s->options->schema, scope, of);
}

static bool is_for_all(const struct sheet *s, uint32_t policy, uint32_t of)
{
    (void)of;
    return s->set->policies.at[policy].scopes[VARIABLE_ACTION].kind == SCOPE_ANY;
}

static bool has_action_of(const struct sheet *s, uint32_t policy, uint32_t of)
{
    return scope_same(s->set, &s->set->policies.at[policy].scopes[VARIABLE_ACTION],
                      &s->set->policies.at[of].scopes[VARIABLE_ACTION]);
}

/* Every action that requests can have. */
static void print_schema_actions(struct sheet *s)
{
    const struct cedar_schema *schema = s->options->schema;

    for (uint32_t i = 0; i < schema->actions.count; i++) {
        const struct schema_action *a = &schema->actions.at[i];
        struct writer w = words_of(s);
        if (a->principals.count == 0 || a->resources.count == 0)
            continue;
        prose_schema_action(&s->prose, &w, i);
        print_row(s, &w, is_for_action, i);
    }
}

/* Without a schema: the actions as the policies name them. */
static void print_named_actions(struct sheet *s)
{
    for (uint32_t i = 0; i < s->set->policies.count; i++) {
        const struct scope *scope = &s->set->policies.at[i].scopes[VARIABLE_ACTION];
        bool is_new = scope->kind != SCOPE_ANY;
        for (uint32_t k = 0; k < i && is_new; k++)
            is_new = !has_action_of(s, k, i);
        if (!is_new)
            continue;
        struct writer w = words_of(s);
        prose_action(&s->prose, &w, scope);
        print_row(s, &w, has_action_of, i);
    }
}

static void print_actions(struct sheet *s)
{
    print_index_head(s, "What is spoken of", "Action");
    struct writer w = words_of(s);
    writer_text(&w, text_of("every action"));
    print_row(s, &w, is_for_all, 0);
    if (s->options->schema != NULL)
        print_schema_actions(s);
    else
        print_named_actions(s);
    fprintf(s->out, "</table>\n");
}

/* ---- findings ---- */

static void print_finding_words(struct sheet *s, const char *name, uint32_t policy,
                                const struct cedar_problem *place)
{
    if (s->findings++ == 0)
        fprintf(s->out, "<table>\n<thead><tr><th>Policy</th><th>Finding</th></tr></thead>\n");
    fprintf(s->out, "<tr><td><span class=\"id\">");
    html_string(s->out, cedar_policy_id(s->set, policy));
    fprintf(s->out, "</span>");
    print_place(s, place->source, place->line);
    fprintf(s->out, "%s: ", name);
    html_string(s->out, place->message);
    fprintf(s->out, "</p><p class=\"mono\">");
    html_string(s->out, place->excerpt);
    fprintf(s->out, "</p></td></tr>\n");
}

static void print_finding(void *context, const struct finding *f)
{
    print_finding_words(context, finding_name(f->kind), f->policy, &f->place);
}

static void print_mistake(void *context, const struct cedar_finding *f)
{
    if (!f->never_applies) /* lint says so too */
        print_finding_words(context, f->is_error ? "does not fit the schema" : "warning", f->policy,
                            &f->place);
}

/* Says what was looked for, and nothing that was not. */
static void print_no_findings(struct sheet *s)
{
    bool asks = lint_asks_for_guard(s->set, &(struct lint_options){.schema = s->options->schema});

    fprintf(s->out,
            "<p>Nothing: every policy has an @id and a @why, no attribute is read without "
            "`has`, none is seen to be dead or shadowed%s.%s%s</p>\n",
            asks ? ", and every permit needs an attested station" : "",
            s->options->schema != NULL ? " All fit the schema." : " Types were not checked.",
            asks ? "" : " Stations were not looked at.");
}

static int print_findings(struct sheet *s)
{
    const struct lint_options options = {.schema = s->options->schema};
    uint32_t errors;
    int r = 0;

    fprintf(s->out, "<h2>What the checks found</h2>\n");
    if (options.schema != NULL)
        r = cedar_validate(s->set, options.schema, print_mistake, s, &errors);
    if (r == 0)
        r = lint(s->set, &options, print_finding, s);
    if (r == 0 && s->findings == 0)
        print_no_findings(s);
    else
        fprintf(s->out, "</table>\n");
    if (s->options->schema == NULL)
        fprintf(s->out, "<p class=\"note\">The checks were made without a schema.</p>\n");
    return r;
}

/* ---- foot ---- */

static void print_signatures(struct sheet *s)
{
    fprintf(s->out,
            "<section class=\"sign\">\n<h2>Approval</h2>\n"
            "<p>We have each read all %u policies of this sheet and compared the SHA-256 "
            "with the one that the system shows. They are to be installed.</p>\n<table>\n",
            s->set->policies.count);
    for (int i = 0; i < 2; i++)
        fprintf(s->out,
                "<tr><td>%s officer</td><td>name</td><td>signature</td><td>date</td>"
                "</tr>\n",
                i == 0 ? "First" : "Second");
    fprintf(s->out, "</table>\n</section>\n");
}

static void print_source(struct sheet *s, const struct source *source, bool is_first)
{
    struct text t = policies_text(s->set, source->span);
    uint32_t line = 1;

    fprintf(s->out, "<h2%s>Text of ", is_first ? " class=\"text\"" : "");
    html_string(s->out, source->name);
    fprintf(s->out, "</h2>\n<pre>");
    while (t.length > 0) {
        const char *end = memchr(t.data, '\n', t.length);
        uint32_t n = end == NULL ? t.length : (uint32_t)(end - t.data);
        fprintf(s->out, "<b>%u</b>", line++);
        html_text(s->out, (struct text){t.data, n});
        fputc('\n', s->out);
        n += end != NULL;
        t = (struct text){t.data + n, t.length - n};
    }
    fprintf(s->out, "</pre>\n");
}

int sheet_write(const struct cedar_policies *policies, const struct sheet_options *options,
                FILE *out)
{
    struct sheet s = {.set = policies, .options = options, .out = out, .words = malloc(WORDS_MAX)};
    int r = CEDAR_ERR_MEMORY;

    if (s.words == NULL)
        return r;
    prose_open(&s.prose, policies, options->schema);
    print_top(&s);
    print_facts(&s);
    print_reading(&s);
    print_policies(&s, true, "What is forbidden, whatever is permitted");
    print_policies(&s, false, "What is permitted");
    print_principals(&s);
    print_actions(&s);
    r = print_findings(&s);
    print_signatures(&s);
    for (uint32_t i = 0; i < policies->sources.count; i++)
        print_source(&s, &policies->sources.at[i], i == 0);
    fprintf(out, "</body>\n</html>\n");
    free(s.words);
    return r;
}
