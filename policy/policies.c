#include <stdlib.h>
#include <string.h>

#include "policy/eval.h"
#include "policy/parse.h"

#define FIRST_SYMBOLS 256

struct text policies_text(const struct cedar_policies *p, struct span span)
{
    return (struct text){p->bytes + span.start, span.end - span.start};
}

/* A string may hold a line end of its own. */
static void write_token(struct writer *w, struct text t)
{
    uint32_t plain = 0;

    for (uint32_t i = 0; i < t.length; i++) {
        if (t.data[i] != '\n' && t.data[i] != '\r')
            continue;
        writer_text(w, (struct text){t.data + plain, i - plain});
        writer_text(w, text_of(t.data[i] == '\n' ? "\\n" : "\\r"));
        plain = i + 1;
    }
    writer_text(w, (struct text){t.data + plain, t.length - plain});
}

void policies_write_line(struct writer *w, const struct cedar_policies *p, struct span span)
{
    uint32_t before = span.start;

    for (struct token t = lex(p->bytes, span.start, span.end);
         t.kind != TOKEN_END && t.kind != TOKEN_BAD; t = lex(p->bytes, t.span.end, span.end)) {
        if (t.span.start > before && before > span.start)
            writer_text(w, text_of(" "));
        write_token(w, policies_text(p, t.span));
        before = t.span.end;
    }
}

/* The last mark that is not behind ${offset}. */
static struct mark mark_before(const struct cedar_policies *p, uint32_t offset)
{
    uint32_t low = 0, high = p->marks.count;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (p->marks.at[middle].offset <= offset)
            low = middle;
        else
            high = middle;
    }
    return p->marks.at[low];
}

/* Moves ${m} on to ${offset}. */
static void mark_advance(const struct cedar_policies *p, struct mark *m, uint32_t offset)
{
    for (; m->offset < offset; m->offset++) {
        if (p->bytes[m->offset] == '\n') {
            m->line++;
            m->column = 1;
        } else if (((uint8_t)p->bytes[m->offset] & 0xc0) != 0x80) {
            m->column++;
        }
    }
}

static int make_marks(struct cedar_policies *p)
{
    for (uint32_t i = 0; i < p->sources.count; i++) {
        struct span span = p->sources.at[i].span;
        struct mark m = {span.start, 1, 1};
        do {
            if (!array_push(p->marks, m))
                return CEDAR_ERR_MEMORY;
            mark_advance(p, &m, span.end - m.offset < MARK_STEP ? span.end : m.offset + MARK_STEP);
        } while (m.offset < span.end);
    }
    return 0;
}

const struct source *policies_place(const struct cedar_policies *p, uint32_t offset,
                                    uint32_t *ret_line, uint32_t *ret_column)
{
    const struct source *source = &p->sources.at[0];
    struct mark m = mark_before(p, offset);

    for (uint32_t i = 1; i < p->sources.count && p->sources.at[i].span.start <= offset; i++)
        source = &p->sources.at[i];
    mark_advance(p, &m, offset);
    *ret_line = m.line;
    *ret_column = m.column;
    return source;
}

uint32_t policies_annotation(const struct cedar_policies *p, const struct policy *policy,
                             const char *name)
{
    for (uint32_t i = 0; i < policy->annotation_count; i++) {
        const struct annotation *a = &p->annotations.at[policy->annotation_first + i];
        if (text_is(symbols_text(&p->symbols, a->key), name))
            return a->value;
    }
    return UINT32_MAX;
}

uint32_t node_child(const struct cedar_policies *p, uint32_t node, uint32_t i)
{
    const struct node *n = &p->nodes.at[node];
    const uint32_t own[] = {n->a, n->b, n->c, 0};

    switch ((enum node_op)n->op) {
    case NODE_NONE:
    case NODE_LITERAL:
    case NODE_VARIABLE:
        return 0;
    case NODE_NOT:
    case NODE_NEGATE:
    case NODE_GET:
    case NODE_HAS:
    case NODE_LIKE:
        return i == 0 ? n->a : 0;
    case NODE_IS:
        return i == 0 ? n->a : i == 1 ? n->c : 0;
    case NODE_AND:
    case NODE_OR:
    case NODE_CALL:
    case NODE_SET:
        return i < n->c ? p->children.at[n->b + i] : 0;
    case NODE_RECORD:
        return i < n->c / 2 ? p->children.at[n->b + 2 * i + 1] : 0;
    case NODE_IF:
        return own[i < 3 ? i : 3];
    default:
        return i < 2 ? own[i] : 0;
    }
}

bool node_is_path(const struct cedar_policies *p, uint32_t node, uint32_t base,
                  const uint32_t *names, uint32_t count)
{
    const struct node *n = &p->nodes.at[node];

    if (count == 0)
        return node_equal(p, node, base);
    return n->op == NODE_GET && n->b == names[count - 1] &&
           node_is_path(p, n->a, base, names, count - 1);
}

static bool children_equal(const struct cedar_policies *p, const struct node *a,
                           const struct node *b, bool pairs)
{
    for (uint32_t i = 0; i < a->c; i++) {
        uint32_t x = p->children.at[a->b + i], y = p->children.at[b->b + i];
        if (pairs && i % 2 == 0 ? x != y : !node_equal(p, x, y))
            return false;
    }
    return true;
}

static bool patterns_equal(const struct pattern *a, const struct pattern *b)
{
    return a->count == b->count &&
           memcmp(a->elements, b->elements, a->count * sizeof *a->elements) == 0;
}

bool node_equal(const struct cedar_policies *p, uint32_t left, uint32_t right)
{
    const struct node *a = &p->nodes.at[left], *b = &p->nodes.at[right];

    if (left == right)
        return true;
    if (a->op != b->op || a->height != b->height)
        return false;
    switch ((enum node_op)a->op) {
    case NODE_NONE:
        return true;
    case NODE_LITERAL:
        return value_equal(&p->values.at[a->a], &p->values.at[b->a]);
    case NODE_VARIABLE:
        return a->a == b->a;
    case NODE_GET:
        return a->b == b->b && node_equal(p, a->a, b->a);
    case NODE_LIKE:
        return patterns_equal(&p->patterns.at[a->b], &p->patterns.at[b->b]) &&
               node_equal(p, a->a, b->a);
    case NODE_HAS:
        return a->c == b->c && node_equal(p, a->a, b->a) &&
               memcmp(&p->children.at[a->b], &p->children.at[b->b],
                      a->c * sizeof *p->children.at) == 0;
    case NODE_IS:
        return a->b == b->b && (a->c == 0) == (b->c == 0) && node_equal(p, a->a, b->a) &&
               (a->c == 0 || node_equal(p, a->c, b->c));
    case NODE_CALL:
        return a->a == b->a && a->c == b->c && children_equal(p, a, b, false);
    case NODE_AND:
    case NODE_OR:
    case NODE_SET:
    case NODE_RECORD:
        return a->c == b->c && children_equal(p, a, b, a->op == NODE_RECORD);
    default:
        return node_equal(p, a->a, b->a) && (a->b == 0 || node_equal(p, a->b, b->b)) &&
               (a->c == 0 || node_equal(p, a->c, b->c));
    }
}

static int fail(struct cedar_problem *problem, int code, const char *message)
{
    *problem = (struct cedar_problem){.code = code};
    struct writer w = {problem->message, sizeof problem->message, 0};
    writer_text(&w, text_of(message));
    return code;
}

/* The canonical bytes: lengths and texts, and where each source lies in them. */
static int copy_sources(struct cedar_policies *p, const struct cedar_source *sources, size_t count,
                        struct cedar_problem *problem)
{
    size_t total = 0;

    for (size_t i = 0; i < count; i++) {
        if (sources[i].length > CEDAR_SOURCE_MAX || count > CEDAR_SOURCE_MAX / 4 ||
            (total += sources[i].length) > CEDAR_SOURCE_MAX)
            return fail(problem, CEDAR_ERR_LIMIT, "more than 1 MiB of policy text");
    }
    p->bytes = malloc(total + 4 * count + 1);
    if (p->bytes == NULL)
        return fail(problem, CEDAR_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        uint32_t n = (uint32_t)sources[i].length;
        for (int shift = 24; shift >= 0; shift -= 8)
            p->bytes[p->length++] = (char)(n >> shift);
        uint32_t start = (uint32_t)p->length;
        if (n > 0)
            memcpy(p->bytes + start, sources[i].text, n);
        p->length += n;
        struct source s = {arena_copy(&p->arena, sources[i].name, strlen(sources[i].name) + 1),
                           {start, start + n}};
        if (s.name == NULL || !array_push(p->sources, s))
            return fail(problem, CEDAR_ERR_MEMORY, "out of memory");
    }
    p->bytes[p->length] = '\0';
    return 0;
}

static int check_utf8(const struct cedar_policies *p, const struct source *s,
                      struct cedar_problem *problem)
{
    struct text t = policies_text(p, s->span);
    uint32_t bad = 0, end = t.length;

    if (text_is_utf8(t.data, t.length))
        return 0;
    while (end - bad > 1) { /* the longest good beginning, by halves */
        uint32_t middle = bad + (end - bad) / 2;
        while (middle > bad && ((uint8_t)t.data[middle] & 0xc0) == 0x80)
            middle--;
        if (middle == bad)
            break;
        if (text_is_utf8(t.data, middle))
            bad = middle;
        else
            end = middle;
    }
    problem_set(problem, p, CEDAR_ERR_TEXT, (struct span){s->span.start + bad, s->span.start + bad},
                "save the file as UTF-8", "this is not UTF-8 text");
    problem->excerpt[0] = '\0';
    problem->caret = 0;
    return CEDAR_ERR_TEXT;
}

static int parse_all(struct cedar_policies *p, struct cedar_problem *problem,
                     bool (*parse)(struct parser *))
{
    for (uint32_t i = 0; i < p->sources.count; i++) {
        struct parser parser;
        int r = check_utf8(p, &p->sources.at[i], problem);
        if (r != 0)
            return r;
        bool ok = parser_open(&parser, p, &p->sources.at[i], problem) && parse(&parser);
        parser_close(&parser);
        if (!ok)
            return problem->code;
    }
    return 0;
}

static int compare_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Ids must name one policy each: sorted, equal ones are neighbours. */
static int check_ids(const struct cedar_policies *p, struct cedar_problem *problem)
{
    uint32_t n = p->policies.count;
    uint64_t *keys = calloc((size_t)n + 1, sizeof *keys);
    int r = 0;

    if (keys == NULL)
        return fail(problem, CEDAR_ERR_MEMORY, "out of memory");
    for (uint32_t i = 0; i < n; i++)
        keys[i] = (uint64_t)p->policies.at[i].id << 32 | i;
    qsort(keys, n, sizeof *keys, compare_number);
    for (uint32_t i = 1; i < n && r == 0; i++) {
        if (keys[i] >> 32 != keys[i - 1] >> 32)
            continue;
        const struct policy *second = &p->policies.at[(uint32_t)keys[i]];
        char message[sizeof problem->message];
        struct writer w = {message, sizeof message, 0};
        writer_text(&w, text_of("the id `"));
        writer_text(&w, symbols_text(&p->symbols, second->id));
        writer_text(&w, text_of("` is used by two policies"));
        problem_set(problem, p, CEDAR_ERR_DUPLICATE, second->span,
                    "decisions name policies by id: each needs its own", message);
        r = CEDAR_ERR_DUPLICATE;
    }
    free(keys);
    return r;
}

static int read_sources(const struct cedar_source *sources, size_t count,
                        bool (*parse)(struct parser *), struct cedar_policies **ret_policies,
                        struct cedar_problem *ret_problem)
{
    struct cedar_policies *p = calloc(1, sizeof *p);
    int r;

    *ret_problem = (struct cedar_problem){0};
    if (p == NULL)
        return fail(ret_problem, CEDAR_ERR_MEMORY, "out of memory");
    if (arena_init_growing(&p->arena, (size_t)64 * CEDAR_SOURCE_MAX) != 0 ||
        symbols_init(&p->symbols, NULL, FIRST_SYMBOLS, true, &p->arena) != 0 ||
        !array_push(p->nodes, (struct node){0}) || !array_push(p->spans, (struct span){0}) ||
        !array_push(p->folded, 0)) {
        r = fail(ret_problem, CEDAR_ERR_MEMORY, "out of memory");
        goto out;
    }
    if ((r = copy_sources(p, sources, count, ret_problem)) != 0)
        goto out;
    if (make_marks(p) != 0) {
        r = fail(ret_problem, CEDAR_ERR_MEMORY, "out of memory");
        goto out;
    }
    if ((r = parse_all(p, ret_problem, parse)) != 0)
        goto out;
    if (index_build(p) != 0 || share_build(p) != 0 || steps_build(p) != 0) {
        r = fail(ret_problem, CEDAR_ERR_MEMORY, "out of memory");
        goto out;
    }
    *ret_policies = p;
    p = NULL;
out:
    cedar_policies_free(p);
    return r;
}

int cedar_policies_load(const struct cedar_source *sources, size_t count,
                        struct cedar_policies **ret_policies, struct cedar_problem *ret_problem)
{
    struct cedar_policies *p = NULL;
    int r = read_sources(sources, count, parse_source, &p, ret_problem);

    if (r == 0)
        r = check_ids(p, ret_problem);
    if (r == 0)
        *ret_policies = p;
    else
        cedar_policies_free(p);
    return r;
}

int policies_check(const struct cedar_source *source, struct cedar_problem *ret_problem)
{
    struct cedar_policies *policies = NULL;
    int r = read_sources(source, 1, parse_source, &policies, ret_problem);

    cedar_policies_free(policies);
    return r;
}

/* One expression is kept as the only clause of one policy. */
static bool parse_lone_expression(struct parser *p)
{
    struct policy policy = {.clause_count = 1, .span = p->source->span};
    struct clause clause = {.span = p->source->span};

    clause.node = parse_expression(p);
    if (clause.node == 0)
        return false;
    if (!parser_at(p, TOKEN_END))
        return parser_expected(p, "the end of the expression");
    return parser_symbol(p, text_of("expression"), &policy.id) &&
           array_push(p->set->clauses, clause) && array_push(p->set->policies, policy);
}

int cedar_expression_load(const struct cedar_source *source, struct cedar_policies **ret_expression,
                          struct cedar_problem *ret_problem)
{
    return read_sources(source, 1, parse_lone_expression, ret_expression, ret_problem);
}

void cedar_policies_free(struct cedar_policies *p)
{
    if (p == NULL)
        return;
    free(p->bytes);
    free(p->sources.at);
    free(p->policies.at);
    free(p->clauses.at);
    free(p->annotations.at);
    free(p->nodes.at);
    free(p->spans.at);
    free(p->folded.at);
    free(p->steps.at);
    free(p->children.at);
    free(p->values.at);
    free(p->patterns.at);
    free(p->marks.at);
    index_free(&p->index);
    free(p->shared);
    free(p->path_of);
    symbols_free(&p->symbols);
    arena_free(&p->arena);
    free(p);
}

uint32_t cedar_policies_count(const struct cedar_policies *policies)
{
    return policies->policies.count;
}

const uint8_t *cedar_policies_source(const struct cedar_policies *policies, size_t *ret_length)
{
    *ret_length = policies->length;
    return (const uint8_t *)policies->bytes;
}

const char *cedar_policy_id(const struct cedar_policies *policies, uint32_t number)
{
    return symbols_text(&policies->symbols, policies->policies.at[number].id).data;
}

const char *cedar_policy_annotation(const struct cedar_policies *policies, uint32_t number,
                                    const char *name)
{
    uint32_t symbol = policies_annotation(policies, &policies->policies.at[number], name);

    return symbol == UINT32_MAX ? NULL : symbols_text(&policies->symbols, symbol).data;
}

bool cedar_policy_is_forbid(const struct cedar_policies *policies, uint32_t number)
{
    return policies->policies.at[number].is_forbid;
}
