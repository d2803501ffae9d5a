/*
 * casemate: what a person at the box's own console does with a site.  A table of
 * subcommands; appliance/cli/casemate.1 is its manual.
 */
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "appliance/cli/cli.h"
#include "crypto/bytes.h"
#include "enclave/process/process.h"

enum {
#define COMMAND(number, NAME, words, PROGRAM, per_enclave, descriptors, what)                      \
    COMMAND_##NAME = (number),
#include "appliance/commands.def"
#undef COMMAND
};

/* Options that a subcommand takes: a letter each. */
#define SITE "s"
#define KEYS "kr"
#define PORT "p"
#define ALL  "a"
#define MAKE "ctnAeSM"
#define CERT "qno"
#define SIGN "sbPe"
#define OPEN "fy" /* shares, and that they are recovery shares */

/* Of everything that a person asks at the terminal. */
#define POLICY_SIGN                                                                                \
    "You sign in with --badge B; the PIN is asked for and not shown, or read from --pin-file F,\n" \
    "which only its owner may read.  --enclave E is an id or a name.  On a production site the\n"  \
    "desk is in the browser of a certified station.\n"

static const struct command {
    const char *words, *options, *synopsis;
    size_t least, most; /* operands */
    unsigned number;    /* of commands.def, or 0 */
    int (*run)(const struct cli *o);
    const char *summary, *text;
} commands[] = {
    {"status", SITE, "", 0, 0, COMMAND_STATUS, cli_status, "which processes run",
     "One line a process: its program, its enclave, its state and its number.  \"lacks\" names\n"
     "the protections that this machine's kernel does not have.  \"offline\" means that it tried "
     "a\n"
     "system call it may not make, three times in ten minutes; the site's log says which.\n"
     "\n"
     "  casemate status\n"},
    {"stop", SITE, "", 0, 0, COMMAND_STOP, cli_console, "stop a site",
     "Every process ends what it is at and stops.  What was confirmed to anybody is recorded.\n"},
    {"unlock", SITE OPEN, "[DIR]", 0, 1, 0, cli_unlock,
     "start the keeper, which hands out the keys",
     "The keeper is not started again by itself.  A training site's unlocks from the key file\n"
     "that lies beside the site.  A production site's takes its custodians' shares: each types\n"
     "the five rows of his own, which are not shown.  --shares FILE (or -) reads them from a\n"
     "file.  A share that is mistyped, another site's or given twice is named.  --recovery takes\n"
     "recovery shares instead, where custodians or the TPM are lost.\n"
     "\n"
     "  casemate unlock /var/lib/casemate/site\n"},
    {"keys list", SITE, "", 0, 0, 0, cli_keys_list,
     "who has a key, of which generation, since when",
     "Reads the key ring, which holds no key that opens by itself; the site need not run.\n"
     "Generation 0 comes from the root key, for all alike; casemate rekey gives an enclave a key\n"
     "of its own.  The last line is the key that signs certificates of close-out.\n"},
    {"keys custodians", SITE OPEN "ctS", "--custodians N --threshold M", 0, 0, COMMAND_CUSTODIANS,
     cli_keys_shares, "other custodians: new shares for the old ones",
     "Asks for as many of the present shares as an unlocking takes (or recovery shares, with\n"
     "--recovery), makes new ones, shows them or writes them to the new directory --shares-to,\n"
     "and asks whether everybody has his: only then are they in force, at once, under a new root\n"
     "key, and the old ones do not open this ring any more.  A copy of the ring that somebody\n"
     "made before still opens with the old shares, and gives the keys of its day: what an enclave\n"
     "writes from then on is safe from it after casemate rekey ENCLAVE.\n"
     "Where they are refused, the files that --shares-to has got are removed.\n"
     "\n"
     "  casemate keys custodians --custodians 5 --threshold 3\n"},
    {"keys recovery", SITE OPEN "ctS", "--custodians N --threshold M", 0, 0, COMMAND_RECOVERY,
     cli_keys_shares, "recovery shares, kept apart, for the day when others are lost",
     "Any M of N recovery custodians open the site with casemate unlock --recovery, and one\n"
     "program's backup on another machine.  They are other people than the custodians, and M is\n"
     "better higher.  Asks for the present custodians' shares; new recovery shares replace those\n"
     "of before.\n"
     "\n"
     "  casemate keys recovery --custodians 5 --threshold 4 --shares-to /media/cards\n"},
    {"keys tpm", SITE "fu", "add|remove [--pcrs 0,2,4,7,11]", 1, 1, 0, cli_keys_tpm,
     "bind the key ring to this machine's TPM, too",
     "The site then opens with the custodians' shares on this machine only, and only while what\n"
     "it has measured into these PCRs is what it is now.  site.conf names the TPM (site create\n"
     "--tpm).  On another machine, or after a change, recovery shares open it: make them first.\n"
     "\n"
     "  casemate keys tpm add --pcrs 0,2,4,7,11\n"},
    {"rekey", SITE, "NAME", 1, 1, COMMAND_REKEY, cli_rekey, "a new key for a store",
     "The enclave is closed while its store is written anew beside the old file, read back and "
     "put\n"
     "into its place; then the old key is destroyed.  As much free space as the store is large,\n"
     "and 17 MB, is needed; this ends when its program answers again.  Whatever ends it, the\n"
     "enclave opens with the key that its store has: run it again.\n"
     "NAME is an enclave's id, or identity: nobody can sign in meanwhile.  No other program has a\n"
     "store.\n"},
    {"close-out", SITE OPEN "go", "ENCLAVE --out FILE [--again ENCLAVE]", 1, 1, COMMAND_CLOSE_OUT,
     cli_close_out, "destroy a program's keys, for good",
     "Asks for the custodians' shares and for the enclave's id once more (--again).  Every\n"
     "generation of its key and every wrap in the ring is destroyed, the enclave is out of\n"
     "service, and FILE becomes a certificate, with its signature in FILE.minisig, that lists the\n"
     "copies which are known: files of the site, and the register \"backups\".  It cannot be\n"
     "undone.  A backup that was made before holds the key ring of its day and opens with the\n"
     "shares that were in force then, or recovery shares: destroy those media.  Media remain\n"
     "classified until they are sanitised; the certificate says so.\n"
     "\n"
     "  casemate close-out e7k2m9qa --out e7k2m9qa.certificate\n"},
    {"site create", PORT MAKE, "DIR", 1, 1, 0, cli_site_create, "make a production site",
     "Makes DIR: the public keys, the policy, the certificates of its gateways, and the root\n"
     "key in shares.  Any --threshold M of --custodians N unlock the site; no key stays on the\n"
     "disk.  The shares are shown once, on the terminal, or lie each in a file of the new\n"
     "directory --shares-to.  --name is the host name in people's browsers, --address where it\n"
     "listens beside 127.0.0.1; --enclave names each enclave by an opaque id; --tpm is where a\n"
     "TPM answers, such as /dev/tpmrm0: casemate keys tpm add binds the keys to it later.\n"
     "\n"
     "  casemate site create /var/lib/casemate/site --custodians 5 --threshold 3 \\\n"
     "      --name mes.example --address 10.1.2.3 --enclave e7k2m9qa\n"},
    {"site start", SITE, "[DIR]", 0, 1, 0, cli_site_start, "start a production site",
     "Its processes wait for their keys until it is unlocked.  casemate stop stops it.\n"},
    {"site begin", "", "DIR FILE", 2, 2, COMMAND_BOOTSTRAP, cli_site_begin,
     "its first two officers, and its stations",
     "FILE has a line for each:\n"
     "\n"
     "  officer UUID BADGE PIN STAMP NAME             two of them\n"
     "  station ID SITE ZONE COUNTRY CEILING NAME     one at least: who is at none cannot enter\n"
     "\n"
     "ID is what casemate station certificate printed.  It is done once in a site's life.  The "
     "officers then register their security keys, each approves the other's, and add\n"
     "people and further stations at the entry.\n"},
    {"suspend", SITE, "ID REASON", 2, 2, COMMAND_SUSPEND, cli_suspend,
     "a person or a station may do nothing from now on",
     "ID is a badge, or the id of a person or station.  Open sessions end, a station's\n"
     "connections are closed.  Two officers restore it, at the entry.\n"
     "\n"
     "  casemate suspend CW-1004 'left the plant with the badge'\n"},
    {"reinstate", SITE OPEN, "ID REASON", 2, 2, COMMAND_RESTORE, cli_reinstate,
     "a suspended person may work again, without two officers",
     "For the day on which no two officers are left who could do it.  ID is a badge or the id of\n"
     "a person.  A suspension ends; and where fewer than two officers are left, the person is a\n"
     "security officer for thirty days, in which a first security key may be approved with badge\n"
     "and PIN.  A production site asks for as many of its custodians' shares as an unlocking\n"
     "takes (--shares FILE, or -; recovery shares with --recovery).  It stands in the log and the\n"
     "journal as the console's, with whose shares they were.\n"
     "\n"
     "  casemate reinstate CW-3002 'suspended by an officer who has left'\n"},
    {"backup", SITE, "DIR", 1, 1, COMMAND_BACKUP, cli_backup,
     "everything of a site, while it works",
     "Makes DIR/casemate-backup-TIME: each store's pages, ciphertext, sealed once more and "
     "signed;\n"
     "the journal; the site's public files; the key ring, and for each store its key sealed to "
     "the\n"
     "recovery custodians.  Nothing of it opens without custodians.  Work goes on meanwhile.  The\n"
     "site's file \"backups\" remembers it.\n"
     "\n"
     "  casemate backup /media/backup\n"},
    {"restore", SITE "g", "NAME FILE.backup [--again NAME]", 2, 2, COMMAND_BRING_BACK, cli_restore,
     "a store from its backup",
     "NAME is an enclave's id, or identity.  What is not whole, another's, or another site's is\n"
     "refused while everybody works on, and nothing is changed.  Then its programs end, the store\n"
     "of the backup takes the place of the one that is there, which is kept beside it, and they\n"
     "run again.  A store that is older than what the auditor has signed opens for reading, until\n"
     "two security officers have signed for what is lost.  It ends with a report: recovery point\n"
     "and recovery time.\n"
     "--again NAME stands for typing it once more.\n"
     "\n"
     "  casemate restore e7k2m9qa "
     "/media/backup/casemate-backup-20261121T020000Z/e7k2m9qa.backup\n"},
    {"site restore", "", "BACKUP DIR", 2, 2, 0, cli_site_restore, "a site on another machine",
     "Verifies the whole backup and makes DIR: its public files, its key ring, its journal.  Then\n"
     "start it, unlock it with the custodians' or the recovery custodians' shares, and restore\n"
     "identity and each enclave.\n"
     "\n"
     "  casemate site restore /media/backup/casemate-backup-20261121T020000Z "
     "/var/lib/casemate/site\n"},
    {"site certificates", "", "DIR", 1, 1, COMMAND_GATEWAY_CERTIFICATE, cli_site_certificates,
     "new certificates for its gateways",
     "For five years from now, with the name and address that stand in site.conf; the keys stay.\n"
     "The site must run and be unlocked.\n"},
    {"station certificate", CERT, "DIR", 1, 1, COMMAND_STATION_CERTIFICATE, cli_station_certificate,
     "a station's certificate, from its request",
     "Reads a PKCS#10 request (--csr) for a key on P-256, P-384 or RSA from 3072 bits, writes\n"
     "the certificate to --out, which must not be there, and prints the station's id.  Only the\n"
     "key is taken from the request.  The certificate holds for a year, and opens nothing until\n"
     "the station is in force in the site's records.\n"
     "\n"
     "  casemate station certificate /var/lib/casemate/site --csr bench-7.csr \\\n"
     "      --out bench-7.pem --name 'Bench 7'\n"},
    {"import", SITE, "FILE.tar", 1, 1, COMMAND_IMPORT, cli_import, "bring a bundle of orders in",
     "FILE.tar.minisig must lie beside FILE.tar.  The file's name says for which enclave it is:\n"
     "l2h-orders-ENCLAVE-NNNN-NNNNNNNNNN.tar.  A process that holds nothing reads the bundle;\n"
     "one sentence says what became of it.  It changes nothing until two people of the program\n"
     "have accepted it on their screens (Transfer, Coming in).\n"
     "\n"
     "  casemate import l2h-orders-e7k2m9qa-0001-0000000001.tar\n"},
    {"audit export", SITE "G", "ENCLAVE FILE", 2, 2, COMMAND_AUDIT_EXPORT, cli_audit_export,
     "a log without its content",
     "Writes a skeleton to FILE, which is made new: what was signed, and for each event its\n"
     "header and a commitment to its content.  casemate audit verify checks it anywhere.\n"
     "--epoch N takes an epoch of the log that is not the last.\n"
     "\n"
     "  casemate audit export e7k2m9qa e7k2m9qa.skeleton\n"},
    {"audit journal", SITE, "FILE", 1, 1, COMMAND_AUDIT_JOURNAL, cli_audit_journal,
     "the auditor's journal, to be read and checked elsewhere",
     "Writes FILE: every record of the site, one line each, in segments with a signed head.  Who\n"
     "did what stands in it by opaque ids; no program's content does.  FILE must not be there.\n"
     "That it was read is a record, too.\n"
     "\n"
     "  casemate audit journal journal-2026-47.txt\n"},
    {"audit prove", SIGN, "SEQUENCE FILE", 2, 2, 0, cli_audit_prove,
     "one record, and that it is in the log",
     "Writes the event SEQUENCE with its proof to FILE, which is made new, in the format\n"
     "https://c2sp.org/tlog-proof.  It verifies anywhere and shows nothing of any other record.\n"
     "The record itself is program content: its marking goes with the file.\n"
     "\n" POLICY_SIGN "\n"
     "  casemate audit prove --enclave e7k2m9qa --badge CW-3001 1042 1042.tlog-proof\n"},
    {"audit consistency", SITE, "ENCLAVE OLD FILE", 3, 3, COMMAND_AUDIT_CONSISTENCY,
     cli_audit_consistency, "that a log has only grown since",
     "OLD is a checkpoint that was kept: by itself, or any file that casemate audit wrote.  FILE\n"
     "is made new and holds the proof (RFC 6962) from it to the newest checkpoint.\n"
     "\n"
     "  casemate audit consistency e7k2m9qa march.skeleton since-march.proof\n"},
    {"audit verify", KEYS "i", "--root FILE FILE", 1, 1, 0, cli_audit_verify,
     "check a skeleton or proof, anywhere",
     "Needs no site.  The key is the auditor's: \"checkpoint\" in root.json, as 64 digits behind\n"
     "--key, or from --root root.json.  A skeleton: every event must be there, in its order and\n"
     "unchanged, and all together must give what the auditor has signed.  A record: it is in the\n"
     "log that was signed.  A consistency proof: the log has only grown.  --since OLD, a\n"
     "checkpoint that was kept or a file with one: and it is the same log.  The first wrong\n"
     "thing is named.\n"
     "\n"
     "  casemate audit verify --root root.json e7k2m9qa.skeleton\n"},
    {"verify", SITE, "ENCLAVE", 1, 1, COMMAND_VERIFY, cli_console,
     "check a whole log against its signed heads",
     "Reads every event of the enclave's log, decodes it, and compares the tree of each epoch\n"
     "with the last head that the auditor signed.  Work goes on meanwhile.\n"},
    {"replay", SITE, "ENCLAVE", 1, 1, COMMAND_REPLAY, cli_console,
     "rebuild every table from the log and compare",
     "Tables are made from the log and from nothing else.  This makes them again, beside those\n"
     "that are used, and says of each whether it is the same.  Work goes on meanwhile.  The\n"
     "enclave does it by itself once a day, too.\n"},
    {"rebuild", SITE, "ENCLAVE", 1, 1, COMMAND_REBUILD, cli_console,
     "make every table again from the log",
     "What to do where tables are not what the log says.  The enclave starts again, reads its\n"
     "whole log and makes each table from it; nothing of the log is changed.  Have the log\n"
     "verified first.\n"},
    {"reopen", SITE, "NAME", 1, 1, COMMAND_REOPEN, cli_reopen,
     "let a program work again after its disk failed",
     "When the disk does not take what an enclave writes, the enclave closes by itself: what was\n"
     "confirmed before is recorded, what was under way is not, and every answer says why.  Look\n"
     "after the disk first (the kernel's log, its SMART values; restore a backup to another one\n"
     "where it goes on failing).  Then this reads the whole log again from the disk, compares it\n"
     "with its signed head and the tables with the log, and only then lets the enclave work.\n"
     "NAME is an enclave's id; or identity, whose log is read in the same way; or auditor: the\n"
     "whole journal is read, with every sealed segment that lies here, and the time in which\n"
     "nothing was recorded is on record as a gap.\n"
     "\n"
     "  casemate reopen e7k2m9qa\n"
     "  casemate reopen auditor\n"},
    {"accept-loss", SITE OPEN "g", "identity [--again identity]", 1, 1,
     COMMAND_ACCEPT_LOSS_IDENTITY, cli_accept_loss, "go on without what identity's log has lost",
     "For the day on which the auditor has signed more of identity's log than there is, and no\n"
     "newer store or backup of it can be found: nobody can sign in then, and officers cannot sign\n"
     "for the loss.  Shows what is lost, asks for the word identity once more (--again) and, on a\n"
     "production site, for as many custodians' shares as an unlocking takes (or recovery shares,\n"
     "with --recovery).  The auditor records it, and a new epoch of the log begins, whose first\n"
     "event names the loss.  Everybody signs in anew.  Enter again what was lost, revocations and\n"
     "suspensions first.\n"
     "\n"
     "  casemate accept-loss identity\n"},
    {"policy why", SIGN "wWOT", "--who W --what ACTION [--on OBJECT] [--at TIME]", 0, 0, 0,
     cli_policy_why, "whether and why somebody may do something",
     "--who is a stamp, a name or an id; --what an action of the schema; --on a serial number, an\n"
     "order's or a document's number, without it the program; --at a moment, as in the example.\n"
     "The answer: a sentence, the rules that decide, the values they saw, and the records and\n"
     "documents behind these.  Exit 0: allowed; 4: denied.  Values are facts about people.\n"
     "\n" POLICY_SIGN "\n"
     "  casemate policy why --enclave e7k2m9qa --badge CW-3001 --who SD-014 \\\n"
     "      --what view-document --on 4410-0100 --at 2026-05-03T10:00:00Z\n"},
    {"policy who-can", SIGN "WOT", "--what ACTION [--on OBJECT] [--at TIME]", 0, 0, 0,
     cli_policy_who_can, "everybody who may do it, by which rule and until when",
     POLICY_SIGN
     "\n"
     "  casemate policy who-can --enclave e7k2m9qa --badge CW-3001 --what approve-release\n"},
    {"policy what-can", SIGN "wT", "--who W [--at TIME]", 0, 0, 0, cli_policy_what_can,
     "everything that somebody may do",
     "Over every object of the store, by kind and marking.\n"
     "\n" POLICY_SIGN},
    {"policy list", SIGN "E", "[--everywhere]", 0, 0, 0, cli_policy_list,
     "the sets: in force, proposed, earlier", POLICY_SIGN},
    {"policy show", SIGN "E", "[SET] [--everywhere]", 0, 1, 0, cli_policy_show,
     "the text of one, or of that in force",
     "SET is an id or LAYER/VERSION as casemate policy list has them, such as program/3.\n"
     "\n" POLICY_SIGN},
    {"policy propose", SIGN "lFXRE", "--layer L --policy FILE --tests FILE --reason TEXT", 0, 0, 0,
     cli_policy_propose, "propose a changed set to a second officer",
     "--layer is program, or site to see what mandatory rules would change here; these are\n"
     "proposed for the whole site with --everywhere instead.  --policy is the layer's whole text,\n"
     "30000 bytes at most; --tests are requests with what must be decided, as in\n"
     "policy/site/site.tests.json, 12000 bytes at most.  The set must read well, validate against\n"
     "the schema, and pass every test; otherwise nothing is proposed and the first fault is "
     "named.\n"
     "\n" POLICY_SIGN "\n"
     "  casemate policy propose --enclave e7k2m9qa --badge CW-3001 --layer program \\\n"
     "      --policy program-next.cedar --tests next.tests.json --reason 'leads close orders'\n"},
    {"policy diff", SIGN, "SET", 1, 1, 0, cli_policy_diff, "what a proposal decides otherwise",
     "Everybody, every action, every object of the store, from each station and hour that was\n"
     "seen in the last 30 days.  Read what is newly allowed line by line: it comes first.  The\n"
     "last line is the digest of what you read; casemate policy install signs it.\n"
     "\n" POLICY_SIGN},
    {"policy install", SIGN "HIE", "SET [--hash H --impact D]", 1, 1, 0, cli_policy_install,
     "the second officer installs a proposal",
     "Shows what it changes, asks for the PIN again and signs the hash of the text and the digest\n"
     "of what it changes.  --hash and --impact name both instead, as they were read before; with\n"
     "--pin-file they are needed.  Who proposed it cannot install it.  The mandatory rules of the\n"
     "whole site are proposed and installed with --everywhere, at the entry; what they would "
     "change\n"
     "an enclave shows for the same text: propose it there with --layer site, diff, and decline.\n"
     "\n" POLICY_SIGN},
    {"policy decline", SIGN "RE", "SET --reason TEXT", 1, 1, 0, cli_policy_decline,
     "decline a proposal", POLICY_SIGN},
    {"policy rationale", SIGN, "", 0, 0, 0, cli_policy_rationale,
     "obligations, and the rules that meet them", POLICY_SIGN},
    {"policy lacks", SIGN "w", "--who W", 0, 0, 0, cli_policy_lacks,
     "what somebody has on record for an enclave, and lacks",
     "Asked at the entry, also of somebody whom the enclave does not know.\n"
     "\n" POLICY_SIGN},
    {"policy expiring", SIGN "d", "--days N", 0, 0, 0, cli_policy_expiring,
     "records that end, wait, or stand on nothing", POLICY_SIGN},
    {"training create", SITE PORT, "[DIR]", 0, 1, 0, cli_training_create, "make a training site",
     "Makes DIR: keys, the policy, two enclaves with fresh ids, the enterprise's folder, and a\n"
     "card with a PIN for everybody.  A site that is there is left as it is; one that was not\n"
     "finished is made again.  --port names the first of three ports; without it a free block\n"
     "is taken, 7410 if it is free.\n"
     "\n"
     "  casemate training create\n"},
    {"training start", SITE, "[DIR]", 0, 1, 0, cli_training_start,
     "start it, fill it once, show how to sign in",
     "The first start fills the site with two fictional programs, by the same operations that\n"
     "people use, and takes about a minute.  If the site runs already, this prints the card.\n"},
    {"training stop", SITE, "[DIR]", 0, 1, 0, cli_training_stop, "stop it and wait for its end",
     "Nothing is lost; casemate training start goes on where it stopped.\n"},
    {"training card", SITE ALL, "[DIR]", 0, 1, 0, cli_training_card, "show the card again",
     "The address, who can sign in with which badge and PIN, and three things to try.  --all\n"
     "lists everybody.  Only root can read the card.\n"},
};

#define COMMANDS (sizeof commands / sizeof *commands)

static const char exits[] =
    "\n--site DIR names the site (default: $CASEMATE_SITES/training, or\n"
    "/var/lib/casemate/training).  --json prints one line of JSON for a program.\n"
    "Exit: 0 done, 1 refused, 2 wrong command line, 3 a file or the site could not be used,\n"
    "4 the policy does not allow it (policy why).\n";

static int print_usage(FILE *out)
{
    fprintf(out, "casemate: a site, from the box's own console.\n\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        char left[40];
        int n = snprintf(left, sizeof left, "%s %s", commands[i].words, commands[i].synopsis);
        if (n > 28) /* its own help has all of it */
            snprintf(left, sizeof left, "%s ...", commands[i].words);
        fprintf(out, "  casemate %-28s %s\n", left, commands[i].summary);
    }
    fprintf(out, "  casemate %-28s %s\n%s", "help COMMAND", "explain one of them", exits);
    return out == stdout ? CLI_DONE : CLI_USAGE;
}

static int print_help(const struct command *c)
{
    printf("casemate %s%s%s\n\n%s\n%s%s", c->words, c->synopsis[0] ? " " : "", c->synopsis,
           c->summary, c->text, exits);
    return CLI_DONE;
}

/* The command that argv begins with, by its one or two words. */
static const struct command *find(int argc, char **argv, int *ret_words)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *words = commands[i].words, *space = strchr(words, ' ');
        size_t first = space ? (size_t)(space - words) : strlen(words);
        if (argc < 1 || strlen(argv[0]) != first || memcmp(argv[0], words, first) != 0)
            continue;
        if (space && (argc < 2 || strcmp(argv[1], space + 1) != 0))
            continue;
        *ret_words = space ? 2 : 1;
        return &commands[i];
    }
    return NULL;
}

static int take_port(struct cli *o, const char *text)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);
    if (text[0] < '1' || text[0] > '9' || *end || port < 1024 || port > 65500)
        return cli_complain(o, CLI_USAGE, "--port takes a number from 1024 to 65500.");
    o->port = (unsigned)port;
    return 0;
}

/* A number of custodians; what is not one is 0, which no site has. */
static unsigned small_number(const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    return text[0] < '1' || text[0] > '9' || *end || n > 99 ? 0 : (unsigned)n;
}

/* What is not asked of every command. */
static int take_value(struct cli *o, int letter, const char *text)
{
    const char **place = letter == 'n'   ? &o->name
                         : letter == 'A' ? &o->address
                         : letter == 'S' ? &o->shares_to
                         : letter == 'f' ? &o->shares
                         : letter == 'q' ? &o->csr
                         : letter == 'o' ? &o->out
                         : letter == 'b' ? &o->badge
                         : letter == 'P' ? &o->pin_file
                         : letter == 'w' ? &o->who
                         : letter == 'W' ? &o->what
                         : letter == 'O' ? &o->on
                         : letter == 'T' ? &o->at
                         : letter == 'l' ? &o->layer
                         : letter == 'F' ? &o->policy
                         : letter == 'X' ? &o->tests
                         : letter == 'R' ? &o->reason
                         : letter == 'd' ? &o->days
                         : letter == 'H' ? &o->hash
                         : letter == 'I' ? &o->impact
                         : letter == 'g' ? &o->again
                         : letter == 'i' ? &o->since
                         : letter == 'G' ? &o->epoch
                         : letter == 'M' ? &o->tpm
                         : letter == 'u' ? &o->pcrs
                                         : NULL;
    if (place)
        *place = text;
    else if (letter == 'c')
        o->custodians = small_number(text);
    else if (letter == 't')
        o->threshold = small_number(text);
    else if (letter == 'p')
        return take_port(o, text);
    else if (o->enclaves == CLI_ENCLAVES_MAX)
        return cli_complain(o, CLI_USAGE, "a site has at most %d enclaves.", CLI_ENCLAVES_MAX);
    else
        o->enclave[o->enclaves++] = text;
    return 0;
}

/* 0; CLI_USAGE after a complaint; -1 if help was asked for. */
static int parse(const struct command *c, int argc, char **argv, struct cli *o)
{
    static const struct option longs[] = {
        {"site", required_argument, NULL, 's'},
        {"key", required_argument, NULL, 'k'},
        {"root", required_argument, NULL, 'r'},
        {"port", required_argument, NULL, 'p'},
        {"all", no_argument, NULL, 'a'},
        {"json", no_argument, NULL, 'j'},
        {"custodians", required_argument, NULL, 'c'},
        {"threshold", required_argument, NULL, 't'},
        {"name", required_argument, NULL, 'n'},
        {"address", required_argument, NULL, 'A'},
        {"enclave", required_argument, NULL, 'e'},
        {"shares-to", required_argument, NULL, 'S'},
        {"shares", required_argument, NULL, 'f'},
        {"csr", required_argument, NULL, 'q'},
        {"out", required_argument, NULL, 'o'},
        {"badge", required_argument, NULL, 'b'},
        {"pin-file", required_argument, NULL, 'P'},
        {"who", required_argument, NULL, 'w'},
        {"what", required_argument, NULL, 'W'},
        {"on", required_argument, NULL, 'O'},
        {"at", required_argument, NULL, 'T'},
        {"layer", required_argument, NULL, 'l'},
        {"policy", required_argument, NULL, 'F'},
        {"tests", required_argument, NULL, 'X'},
        {"reason", required_argument, NULL, 'R'},
        {"days", required_argument, NULL, 'd'},
        {"hash", required_argument, NULL, 'H'},
        {"impact", required_argument, NULL, 'I'},
        {"since", required_argument, NULL, 'i'},
        {"epoch", required_argument, NULL, 'G'},
        {"everywhere", no_argument, NULL, 'E'},
        {"recovery", no_argument, NULL, 'y'},
        {"again", required_argument, NULL, 'g'},
        {"tpm", required_argument, NULL, 'M'},
        {"pcrs", required_argument, NULL, 'u'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int letter;
    while ((letter = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (letter == 'h')
            return -1;
        if (letter == 'j')
            o->json = true;
        else if (letter == '?' || !strchr(c->options, letter))
            return cli_complain(o, CLI_USAGE,
                                "that option does not belong to %s; see casemate help %s.",
                                c->words, c->words);
        else if (letter == 's')
            o->site = optarg;
        else if (letter == 'k')
            o->key = optarg;
        else if (letter == 'r')
            o->root = optarg;
        else if (letter == 'a')
            o->all = true;
        else if (letter == 'E')
            o->everywhere = true;
        else if (letter == 'y')
            o->recovery = true;
        else if (take_value(o, letter, optarg))
            return CLI_USAGE;
    }
    o->operands = (size_t)(argc - optind);
    if (o->operands < c->least || o->operands > c->most)
        return cli_complain(o, CLI_USAGE, "it is: casemate %s %s", c->words, c->synopsis);
    for (size_t i = 0; i < o->operands; i++)
        o->operand[i] = argv[optind + (int)i];
    return 0;
}

/* Commands that begin with this word: their list, and whether there are any. */
static bool print_family(FILE *out, const char *word)
{
    size_t length = strlen(word), n = 0;
    for (size_t i = 0; i < COMMANDS; i++)
        if (strncmp(commands[i].words, word, length) == 0 && commands[i].words[length] == ' ')
            n += (size_t)fprintf(out, "  casemate %s %s\n      %s\n", commands[i].words,
                                 commands[i].synopsis, commands[i].summary);
    return n > 0;
}

/* What was meant cannot be known: say what is not there, and where the list is. */
static int complain_unknown(int argc, char **argv)
{
    if (argc < 2)
        return print_usage(stderr);
    if (argv[1][0] == '-')
        fprintf(stderr,
                "casemate: %s stands before the command; options come behind it: "
                "casemate COMMAND %s.\n",
                argv[1], argv[1]);
    else if (argc > 2 && strcmp(argv[2], "--help") == 0 && print_family(stdout, argv[1]))
        return CLI_DONE;
    else if (!print_family(stderr, argv[1]))
        fprintf(stderr, "casemate: there is no command %s; casemate help lists them.\n", argv[1]);
    return CLI_USAGE;
}

static int print_version(void)
{
    char build[17];
    bytes_to_hex(process_build, 8, build);
    printf("casemate, build %s\n", build);
    return CLI_DONE;
}

/* Custodians' shares pass through here, and a new site's root key. */
static int keep_out_of_cores(void)
{
    struct rlimit none = {0, 0};
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0
               ? 0
               : ERR_SYSTEM;
}

int main(int argc, char **argv)
{
    static char site[CLI_PATH_MAX];
    const char *sites = getenv("CASEMATE_SITES");
    struct cli o = {.site = site};
    int words = 0;
    bool help = argc > 1 && (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
                             strcmp(argv[1], "-h") == 0);
    snprintf(site, sizeof site, "%s/training", sites && sites[0] ? sites : "/var/lib/casemate");
    if (sodium_init() < 0 || keep_out_of_cores() != 0)
        return CLI_TROUBLE;
    const struct command *c = find(argc - 1 - help, argv + 1 + help, &words);
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return print_version();
    if (help && !c && argc > 2)
        return print_family(stdout, argv[2]) ? CLI_DONE : complain_unknown(argc - 1, argv + 1);
    if (help)
        return c ? print_help(c) : print_usage(stdout);
    if (!c)
        return complain_unknown(argc, argv);
    o.number = c->number;
    o.words = c->words;
    int r = parse(c, argc - words, argv + words, &o);
    if (r)
        return r == -1 ? print_help(c) : r;
    r = c->run(&o);
    if (fflush(stdout) || ferror(stdout))
        return CLI_TROUBLE;
    return r;
}
