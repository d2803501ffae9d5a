/*
 * casemate-bundle: what the enterprise does with bundles, and what anybody may
 * look at.  A table of subcommands; transfer/casemate-bundle.1 is its manual.
 */
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "transfer/grammar.h"
#include "transfer/tool.h"

#define OPERAND_DIR "DIR"
#define OPERAND_CSV "ORDERS.csv"
#define OPERAND_TAR "BUNDLE.tar"

static const struct command {
    const char *name, *options, *operand;
    bool needs_dir, needs_enclave, needs_root, may_root;
    int (*run)(const struct tool_options *o);
    const char *summary, *text;
} commands[] = {
    {"keygen", "", OPERAND_DIR, false, false, false, false, tool_keygen,
     "make the enterprise's two signing keys",
     "Makes DIR/keys/orders.key and DIR/keys/orders-outer.key (mode 0600), each with a .pub file\n"
     "that stock minisign reads.  A key that is there is never overwritten.\n"
     "Next: put the two public keys into the site's root.json, together with a person of the\n"
     "site, and bring that root.json back to DIR/root.json.\n"
     "\n"
     "  casemate-bundle keygen /srv/casemate\n"},
    {"make-orders", "--dir DIR --enclave ID [--root FILE]", OPERAND_CSV, true, true, false, true,
     tool_make_orders, "make a signed bundle of orders for a program",
     "Reads a table as a spreadsheet saves it.  Its first line names the columns, in any order:\n"
     "\n"
     "  number,key,part,rev,qty,due,priority\n"
     "  WO-26-0143,ORD-K7Q2,4410-0001,C,4,2026-12-18,50\n"
     "\n"
     "number, part   1 to 24 of A-Z, 0-9 and -\n"
     "key            4 to 16 of them; what the weekly summary calls the order\n"
     "rev            1 to 4 of A-Z and 0-9\n"
     "qty, priority  1 to 10000, and 1 (first) to 99\n"
     "due            a day, 2026-12-18\n"
     "\n"
     "Writes the bundle and its signature to DIR/out, and remembers in DIR/state which number\n"
     "came last; keep DIR/state out of any restore.  root.json is DIR/root.json unless --root\n"
     "names another.  A wrong line is named and nothing is made.\n"
     "\n"
     "  casemate-bundle make-orders --dir /srv/casemate --enclave e7k2m9qa orders.csv\n"},
    {"verify", "--root FILE", OPERAND_TAR, false, false, true, true, tool_verify,
     "check a bundle that came out, strictly",
     "Checks BUNDLE.tar with BUNDLE.tar.minisig beside it: the outer signature before anything\n"
     "is parsed, both guards' signatures, every byte's form, every digest, every record.  Stock\n"
     "tools can check most of this too; docs/receiving.md says how.\n"
     "\n"
     "  casemate-bundle verify --root root.json h2l-perf-e7k2m9qa-0001-0000000042.tar\n"},
    {"show", "", OPERAND_TAR, false, false, false, false, tool_show,
     "print what a bundle says, without checking a signature",
     "Prints place, week and every record of a bundle of either direction, and how many bits a\n"
     "bundle of this form can carry at most.  It must have the right form, but nobody's signature\n"
     "is looked at: never act on what it prints.\n"
     "\n"
     "  casemate-bundle show l2h-orders-e7k2m9qa-0001-0000000001.tar\n"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char exits[] = "\n--json prints one line of JSON for a program.\n"
                            "Exit: 0 done or accepted, 1 refused, 2 wrong command line, 3 a file "
                            "could not be used.\n";

static void print_usage(FILE *out)
{
    fprintf(out, "casemate-bundle: orders in, summaries out, in signed files.\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  casemate-bundle %-12s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "  casemate-bundle %-12s %s\n", "help COMMAND", "explain one of them");
    fprintf(out, "%s", exits);
}

static void print_help(const struct command *c)
{
    printf("casemate-bundle %s %s%s[--json] %s\n\n%s%s", c->name, c->options,
           c->options[0] ? " " : "", c->operand, c->text, exits);
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int help(const char *name)
{
    const struct command *c = name ? find(name) : NULL;

    if (c)
        print_help(c);
    else
        print_usage(stdout);
    return TOOL_ACCEPTED;
}

/* 0; TOOL_USAGE after a complaint; -1 if help was asked for. */
static int parse(const struct command *c, int argc, char **argv, struct tool_options *o)
{
    static const struct option longs[] = {
        {"dir", required_argument, NULL, 'd'},  {"enclave", required_argument, NULL, 'e'},
        {"root", required_argument, NULL, 'r'}, {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0},
    };
    int letter;

    while ((letter = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (letter == 'd' && c->needs_dir)
            o->dir = optarg;
        else if (letter == 'e' && c->needs_enclave)
            o->enclave = optarg;
        else if (letter == 'r' && c->may_root)
            o->root = optarg;
        else if (letter == 'j')
            o->json = true;
        else if (letter == 'h')
            return -1;
        else
            return tool_complain(o, TOOL_USAGE,
                                 "that option does not belong to %s; see "
                                 "casemate-bundle help %s.",
                                 c->name, c->name);
    }
    if (argc - optind != 1)
        return tool_complain(o, TOOL_USAGE, "%s takes exactly one %s.", c->name, c->operand);
    o->operand = argv[optind];
    if (c->needs_dir && !o->dir)
        return tool_complain(o, TOOL_USAGE, "%s needs --dir DIR.", c->name);
    if (c->needs_enclave && (!o->enclave || !grammar_is_enclave(bytes_text(o->enclave))))
        return tool_complain(o, TOOL_USAGE, "%s needs --enclave ID, such as e7k2m9qa.", c->name);
    if (c->needs_root && !o->root)
        return tool_complain(o, TOOL_USAGE, "%s needs --root FILE.", c->name);
    return 0;
}

int main(int argc, char **argv)
{
    const struct command *c = argc > 1 ? find(argv[1]) : NULL;
    struct tool_options o = {0};
    int r;

    if (sodium_init() < 0)
        return TOOL_TROUBLE;
    if (argc > 1 && (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0))
        return help(argc > 2 ? argv[2] : NULL);
    if (!c) {
        print_usage(stderr);
        return TOOL_USAGE;
    }
    r = parse(c, argc - 1, argv + 1, &o);
    if (r)
        return r == -1 ? help(c->name) : r;
    r = c->run(&o);
    if (fflush(stdout) || ferror(stdout))
        return TOOL_TROUBLE;
    return r;
}
