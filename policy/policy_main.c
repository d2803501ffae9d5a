#include <stdio.h>
#include <string.h>

#include "policy/command.h"

/* casemate-policy: reads, checks, tests and asks policies, always on files. */

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *arguments;
    const char *summary;
    const char *teaching;
} commands[] = {
    {"check", command_check,
     "[--json] [-s SCHEMA] [--station-guard ATTRIBUTE] [--schema-format cedar|json]\n"
     "           [--policy-format cedar|json] FILE...",
     "read policies and point at hazards",
     "Reads all FILEs as one policy set.  A mistake is shown with its line and a\n"
     "caret.  Then it looks for hazards: no @id or @why, an attribute or tag that\n"
     "is read without `has` or `hasTag` before it, arithmetic that can overflow,\n"
     "texts that are no datetime or address, `containsAll` of a set that may be empty,\n"
     "a policy that never applies, or only where another one does, and a permit that\n"
     "applies at a station of which nothing is asked: neither its own conditions nor a\n"
     "`forbid … unless` over all that it permits look at context.station.attestedUntil,\n"
     "or the attribute of the context that --station-guard names (\"\": no such hazard).\n"
     "With --schema (-s) the policies are also validated, as `validate` does.\n"
     "Exit: 0 clean, 1 not readable, 3 findings.\n\n"
     "  casemate-policy check -s policy/site/casemate.cedarschema policy/site/*.cedar\n"},
    {"validate", command_validate,
     "-s SCHEMA -p POLICIES... [--schema-format cedar|json] [--policy-format cedar|json] "
     "[--deny-warnings] [--json]",
     "hold policies against a schema",
     "Checks in strict mode that no policy can err, whatever conforming request and\n"
     "entities come, other than by overflow or a missing entity.  A policy that can\n"
     "never apply is a warning; --deny-warnings makes warnings count.\n"
     "Exit: 0 valid, 1 not readable, 3 not valid.\n\n"
     "  casemate-policy validate -s policy/site/casemate.cedarschema \\\n"
     "      -p policy/site/mandatory.cedar -p policy/site/program.cedar\n"},
    {"test", command_test, "[--json] [-s SCHEMA] DIRECTORY",
     "run the decision tests beside the policies",
     "All *.cedar in DIRECTORY are one policy set.  Each *tests.json holds\n"
     "  {\"entities\": […], \"context\": {…},\n"
     "   \"tests\": [{\"name\": \"…\", \"principal\": {\"type\": \"…\", \"id\": \"…\"}, "
     "\"action\": …,\n"
     "              \"resource\": …, \"context\": {…}, \"entities\": […],\n"
     "              \"want\": \"allow\" or \"deny\", \"reason\": [ids], \"errors\": [ids]}]}\n"
     "A test's context changes the common one member by member; null takes one away.\n"
     "A test's entities are added for that test.  Without \"reason\" any policies may\n"
     "decide; without \"errors\" none may err.  If there is a *.cedarschema (or --schema\n"
     "names one), entities and requests must conform to it; a test that asks what does\n"
     "not says \"conforms\": false.  Any other member is refused, but for \"comment\".\n"
     "With --json each test is an object on a line of its own.  The last line is `N passed, N "
     "failed`.\n"
     "Exit: 0 all passed, 1 otherwise.\n\n"
     "  casemate-policy test policy/site\n"},
    {"authorize", command_authorize,
     "-p POLICIES... [-s SCHEMA] [--entities FILE]\n"
     "           {--request-json FILE | -l PRINCIPAL -a ACTION -r RESOURCE [-c CONTEXT]}\n"
     "           [--on-error deny|skip] [--request-validation true|false]\n"
     "           [--policy-format cedar|json] [--schema-format cedar|json] [-v] [--json]",
     "decide one request and say why",
     "The request is {\"principal\": …, \"action\": …, \"resource\": …, \"context\": {…}},\n"
     "or its parts are given: --principal (-l), --action (-a) and --resource (-r) as\n"
     "Type::\"id\", --context (-c) as a file.  With a schema, entities and request must\n"
     "conform to it, and the actions are there.  On a denial every forbid that applies\n"
     "is shown with its @why, and for each permit that was meant for this person,\n"
     "action and object the first condition that is not met; --verbose (-v) adds lines.\n"
     "--on-error skip decides as the language does on its own: a forbid that errs is\n"
     "ignored.  The product always denies.\n"
     "Exit: 0 allow, 2 deny, 1 failure.\n\n"
     "  casemate-policy authorize -p mandatory.cedar -p program.cedar \\\n"
     "      --entities people.json -l 'Person::\"ana\"' -a 'Action::\"read\"' -r 'Order::\"7\"'\n"},
    {"explain", command_explain,
     "-p POLICIES... [-s SCHEMA] [--entities FILE]\n"
     "           {--request-json FILE | -l PRINCIPAL -a ACTION -r RESOURCE [-c CONTEXT]}\n"
     "           [--on-error deny|skip] [--json]",
     "decide one request and show on which values",
     "Takes what `authorize` takes.  Shows the decision and, in plain words, each reason\n"
     "for it: where the policy stands, its @why, the part of its condition that\n"
     "decided, and the values of every attribute in that part.  Attributes and entities\n"
     "that are missing are named.  The values are facts about people: this is for the\n"
     "security officer, not for the person who was refused.\n"
     "Exit: 0 allow, 2 deny, 1 failure.\n\n"
     "  casemate-policy explain -p mandatory.cedar -p program.cedar \\\n"
     "      --entities people.json --request-json ask.json\n"},
    {"diff", command_diff,
     "--old FILE... --new FILE... [--entities FILE] [--requests FILE] [--schema FILE]\n"
     "       [--all] [--limit N] [--on-error deny|skip] [--json]",
     "what a new policy set decides otherwise",
     "Every request of the list is decided by the --old FILEs and by the --new FILEs:\n"
     "newly allowed comes first, then newly denied, then the same decision for other\n"
     "reasons.  The list is an array of requests, or a file as `test` takes it, which\n"
     "may bring the entities.  With --all every principal does every action on every\n"
     "resource of the entities, in every context of the list (none: an empty one); with\n"
     "a schema, what it admits.  Without one, every action that the policies name must\n"
     "be among the entities.  That is exhaustive over this store, and no proof for\n"
     "any other.  --limit is how many of each are shown (20).\n"
     "Exit: 0 nothing changes, 3 something does, 1 failure.\n\n"
     "  casemate-policy diff --old mandatory.cedar --old program.cedar \\\n"
     "      --new mandatory.cedar --new program-next.cedar --requests site.tests.json\n"},
    {"review", command_review, "[--schema FILE] [--title TEXT] [--date TEXT] [-o FILE] FILE...",
     "a sheet of all policies, to print and sign",
     "Writes one page of HTML: every policy in plain words, forbids first, with its\n"
     "@why and its place; who and which actions they speak of; what `check` finds; the\n"
     "SHA-256 of the text; lines for two signatures; and the text itself.  With a\n"
     "schema, groups of actions are spelled out and the policies are validated.  The\n"
     "clock is not read: --date is printed as given, without it there is a line to\n"
     "write it on.  Print it on A4.  Exit: 0 written, 1 failure.\n\n"
     "  casemate-policy review --schema policy/site/casemate.cedarschema \\\n"
     "      --date 2026-03-10 -o sheet.html policy/site/*.cedar\n"},
    {"evaluate", command_evaluate,
     "[--entities FILE] [--request-json FILE | -l … -a … -r … [-c FILE]] [-s SCHEMA] [--json]\n"
     "           EXPRESSION",
     "work out one expression",
     "Prints the value, or the error.  Without a request the variables are entities\n"
     "that do not exist.  Exit: 0 a value, 1 an error.\n\n"
     "  casemate-policy evaluate 'datetime(\"2026-03-01\").offset(duration(\"-1d\"))'\n"},
    {"format", command_format, "[--check | --write] [-l WIDTH] [-i INDENT] FILE...",
     "lay policies out",
     "Prints the policies of each FILE in the one canonical layout, as Cedar's own\n"
     "formatter does; every comment is kept.  --check prints which files are laid\n"
     "out otherwise.  --write replaces those files, each whole; if one of them is not\n"
     "readable none is touched.  -l is the width of a line (80), -i of an indent (2).\n"
     "Exit: 0 done, 1 not readable, or --check found a file.\n\n"
     "  casemate-policy format --write policy/site/*.cedar\n"},
    {"translate", command_translate, "--to json|cedar FILE", "policies in JSON, and back",
     "--to json prints the policies of FILE as a policy set in Cedar's JSON; --to\n"
     "cedar prints a policy, or a policy set, that is JSON as Cedar text.\n"
     "Exit: 0 done, 1 not readable.\n\n"
     "  casemate-policy translate --to json program.cedar\n"},
    {"run-corpus", command_run_corpus, "[--json] [--verbose] FILE...",
     "hold the engine against recorded answers",
     "A FILE is a pack, *.jsonl or *.jsonl.zst, with one case a line:\n"
     "  {\"name\": \"…\", \"policies\": text, \"schema\": text, \"entities\": […],\n"
     "   \"shouldValidate\": bool, \"requests\": [{principal, action, resource, context,\n"
     "    \"validateRequest\": bool, \"decision\": …, \"reason\": [ids], \"errors\": [ids]}]}\n"
     "or a test file, *.json: the same, with paths in place of texts and entities,\n"
     "each from the nearest folder above the test file that has it.  Errors are\n"
     "skipped, as the language does on its own.  The first ten mismatches are shown,\n"
     "all with --verbose.  The last line counts them.\n"
     "Exit: 0 no mismatch, 1 otherwise.\n\n"
     "  casemate-policy run-corpus cases.jsonl.zst tests/multi/*.json\n"},
    {"eval-vectors", command_eval_vectors, "[--json] FILE...",
     "hold expressions against recorded values",
     "Each line of a FILE (*.jsonl, *.jsonl.zst) is {\"expr\": text, \"value\": v}, where v\n"
     "is true, false, \"error\" or \"parse-failure\"; a line without \"expr\" holds the\n"
     "\"entities\" and \"context\" of those that follow.  The variables are U::\"u\",\n"
     "Action::\"a\" and R::\"r\"; context.s is \"1.2.3.4\" where no line says otherwise.\n"
     "The last line counts the mismatches.  Exit: 0 none, 1 otherwise.\n\n"
     "  casemate-policy eval-vectors tests/policy/vectors.jsonl\n"},
};

#define COMMANDS (sizeof commands / sizeof *commands)

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static void help(FILE *out)
{
    fprintf(out, "casemate-policy reads, checks, tests and asks access policies, on files alone.\n"
                 "It opens no connection, and writes only the files of `format --write` and of\n"
                 "`review --output`.\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].summary);
    fprintf(
        out,
        "\nPolicies are written in Cedar 4.5: https://docs.cedarpolicy.com\n"
        "`casemate-policy COMMAND --help` explains one command.\n"
        "Exit codes: 0 done or allow, 1 failure, 2 deny, 3 findings or changes, 64 wrong call.\n");
}

static void help_command(FILE *out, const struct command *c)
{
    fprintf(out, "usage: casemate-policy %s %s\n\n%s", c->name, c->arguments, c->teaching);
}

int command_usage(const char *name)
{
    fprintf(stderr, "casemate-policy %s: called in another way than this:\n\n", name);
    help_command(stderr, find(name));
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        const struct command *about = argc > 2 ? find(argv[2]) : NULL;
        if (about == NULL)
            help(stdout);
        else
            help_command(stdout, about);
        return EXIT_OK;
    }
    const struct command *c = find(argv[1]);
    if (c == NULL) {
        fprintf(stderr, "casemate-policy: there is no command `%s`\n\n", argv[1]);
        help(stderr);
        return EXIT_USAGE;
    }
    if (argc > 2 && strcmp(argv[2], "--help") == 0) {
        help_command(stdout, c);
        return EXIT_OK;
    }
    int r = c->run(argc - 1, argv + 1);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "casemate-policy: the answer could not be written\n");
        return EXIT_FAILED;
    }
    return r;
}
