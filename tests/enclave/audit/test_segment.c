#include "tests/crypto/cases.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enclave/audit/journal.h"

/* Segments of a journal: sealed, read again, and checked as an export. */

static char directory[64];
static struct secret *signing, *sealing;
static uint8_t public_key[SIGN_PUBLIC_LENGTH];

static int set_up(void **state)
{
    uint8_t seed[32] = {7}, key[32] = {9};
    (void)state;
    strcpy(directory, "/tmp/casemate-segment-XXXXXX");
    return !mkdtemp(directory) || chdir(directory) != 0 || secret_copy(seed, 32, &signing) ||
           secret_copy(key, 32, &sealing) || sign_public(signing, public_key);
}

static struct journal *open_now;

static int clear(void **state)
{
    char name[SEGMENT_NAME];
    (void)state;
    journal_close(open_now);
    open_now = NULL;
    secret_free(signing);
    secret_free(sealing);
    for (unsigned i = 0; i < 4; i++) {
        segment_name(i, name);
        unlink(name);
    }
    unlink(JOURNAL_FILE);
    unlink("export");
    return chdir("/") != 0 || rmdir(directory) != 0;
}

static void count(void *context, const char *origin, const char *kind, char *fields)
{
    unsigned *n = context;
    (void)origin, (void)kind, (void)fields;
    ++*n;
}

static int carry(void *context, struct journal *journal)
{
    return journal_add(journal, "worker/e3f9k2m1", "head", context);
}

static void fill(struct journal *j, unsigned lines)
{
    char text[400];
    for (unsigned i = 0; i < lines; i++) {
        memset(text, 'a' + (int)(i % 26), sizeof text - 1);
        text[sizeof text - 1] = '\0';
        assert_int_equal(journal_add(j, "worker/e3f9k2m1", "audit", text), 0);
    }
    assert_int_equal(journal_sync(j), 0);
}

static void seal(struct journal *j)
{
    struct segment_head head;
    assert_int_equal(journal_head(j, &head), 0);
    assert_int_equal(segment_sign(signing, &head), 0);
    assert_int_equal(segment_seal(&head, sealing, JOURNAL_FILE), 0);
    assert_int_equal(journal_next(j, carry, "carried"), 0);
}

static struct journal *open_journal(unsigned *ret_lines)
{
    journal_close(open_now);
    *ret_lines = 0;
    assert_int_equal(journal_open(count, ret_lines, &open_now), 0);
    return open_now;
}

static void put_head(FILE *f, const struct segment_head *head)
{
    char text[SEGMENT_HEAD_MAX];
    size_t n;
    assert_int_equal(segment_print(head, text, &n), 0);
    assert_int_equal(fwrite(text, 1, n, f), n);
}

/* As the auditor writes it for the console. */
static void export(const struct journal *j, uint64_t first)
{
    static uint8_t part[SEGMENT_PART];
    struct segment_reader reader;
    struct segment_head head;
    size_t n;
    FILE *f = fopen("export", "w"), *last = fopen(JOURNAL_FILE, "r");
    for (uint64_t i = first; i < journal_segment(j); i++) {
        assert_int_equal(segment_open(i, public_key, &reader), 0);
        put_head(f, &reader.head);
        do {
            assert_int_equal(segment_read(&reader, sealing, part, &n), 0);
            assert_int_equal(fwrite(part, 1, n, f), n);
        } while (n);
        segment_close(&reader);
    }
    assert_int_equal(journal_head(j, &head), 0);
    assert_int_equal(segment_sign(signing, &head), 0);
    put_head(f, &head);
    while ((n = fread(part, 1, sizeof part, last)) > 0)
        assert_int_equal(fwrite(part, 1, n, f), n);
    fclose(last);
    fclose(f);
}

static int check(struct segment_result *result)
{
    FILE *f = fopen("export", "r");
    int r = segment_check(f, public_key, result);
    fclose(f);
    return r;
}

static void segments_go_on_and_verify_together(void **state)
{
    struct segment_result result;
    unsigned n;
    (void)state;
    struct journal *j = open_journal(&n);
    fill(j, 500); /* three parts */
    seal(j);
    assert_int_equal(journal_segment(j), 2);
    fill(j, 3);
    seal(j);
    fill(j, 2);
    uint64_t lines = journal_lines(j);
    assert_int_equal(lines, 2 + 500 + 3 + 3 + 3 + 2);
    export(j, 1);
    assert_int_equal(check(&result), 0);
    assert_int_equal(result.lines, lines);
    assert_int_equal(result.segments, 3);
    j = open_journal(&n); /* the last one alone, with what was carried over */
    assert_int_equal(n, 3 + 2);
    assert_int_equal(journal_lines(j), lines);
    assert_int_equal(journal_segment(j), 3);
}

static void a_journal_of_before_is_closed_as_segment_0(void **state)
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    char line[300], chain[65], all[400];
    struct segment_result result;
    unsigned n;
    uint8_t digest[32];
    FILE *f = fopen(JOURNAL_FILE, "w");
    (void)state;
    memcpy(chain, zeros, 65);
    for (int i = 0; i < 3; i++) {
        snprintf(line, sizeof line, "%d 170000000000%d %.32s auditor/- start -", i, i, zeros);
        snprintf(all, sizeof all, "%s%s", chain, line);
        hash_content("casemate/journal/1", bytes_text(all), digest);
        bytes_to_hex(digest, 32, chain);
        fprintf(f, "%s %s\n", line, chain);
    }
    fclose(f);
    struct journal *j = open_journal(&n);
    assert_int_equal(n, 3);
    assert_int_equal(journal_segment(j), 0);
    seal(j);
    fill(j, 1);
    export(j, 0);
    assert_int_equal(check(&result), 0);
    assert_int_equal(result.lines, 3 + 3 + 1);
    assert_int_equal(result.first_segment, 0);
    open_journal(&n);
    assert_int_equal(n, 4);
}

static size_t load(const char *name, char **ret)
{
    static char data[1 << 20];
    FILE *f = fopen(name, "r");
    size_t n = fread(data, 1, sizeof data, f);
    fclose(f);
    *ret = data;
    return n;
}

static void save(const char *name, const char *data, size_t n)
{
    FILE *f = fopen(name, "w");
    assert_int_equal(fwrite(data, 1, n, f), n);
    fclose(f);
}

static int read_whole(uint64_t number)
{
    static uint8_t part[SEGMENT_PART];
    struct segment_reader reader;
    size_t n = 1;
    int r = segment_open(number, public_key, &reader);
    while (r == 0 && n)
        r = segment_read(&reader, sealing, part, &n);
    segment_close(&reader);
    return r;
}

static void a_sealed_segment_is_refused_with_any_byte_changed(void **state)
{
    char name[SEGMENT_NAME], *data;
    unsigned n;
    (void)state;
    struct journal *j = open_journal(&n);
    fill(j, 4);
    seal(j);
    segment_name(1, name);
    size_t length = load(name, &data);
    assert_int_equal(read_whole(1), 0);
    for (size_t i = 0; i < length; i++) {
        data[i] ^= 1;
        save(name, data, length);
        if (read_whole(1) == 0)
            fail_msg("byte %zu was changed unseen", i);
        data[i] ^= 1;
    }
    for (size_t i = 0; i < length; i++) {
        save(name, data, i);
        if (read_whole(1) == 0)
            fail_msg("it was cut at %zu unseen", i);
    }
    save(name, data, length);
    FILE *f = fopen(name, "a");
    fputc('x', f);
    fclose(f);
    assert_int_equal(read_whole(1), ERR_TRAILING);
    save(name, data, length);
    assert_int_equal(rename(name, "journal-000002.sealed"), 0);
    assert_int_equal(read_whole(2), ERR_FORMAT); /* it is another one's */
    assert_null(memmem(data, length, "aaaaaaaa", 8));
}

static void an_export_is_refused_with_any_byte_changed(void **state)
{
    struct segment_result result;
    char *data;
    unsigned n;
    (void)state;
    struct journal *j = open_journal(&n);
    fill(j, 2);
    seal(j);
    fill(j, 1);
    export(j, 1);
    size_t length = load("export", &data);
    for (size_t i = 0; i < length; i++) {
        data[i] ^= 1;
        save("export", data, length);
        if (check(&result) == 0)
            fail_msg("byte %zu was changed unseen", i);
        assert_true(result.why[0]);
        data[i] ^= 1;
    }
    for (size_t i = 0; i < length; i++) {
        save("export", data, i);
        size_t second = (size_t)((char *)memmem(data + 10, length, "casemate-journal", 16) - data);
        if (check(&result) == 0 && i != second) /* whole segments are whole */
            fail_msg("it was cut at %zu unseen", i);
    }
}

static void a_segment_that_is_missing_is_named(void **state)
{
    struct segment_result result;
    char *data;
    unsigned n;
    (void)state;
    struct journal *j = open_journal(&n);
    fill(j, 1);
    seal(j);
    fill(j, 1);
    seal(j);
    export(j, 1);
    size_t length = load("export", &data);
    char *two = memmem(data + 10, length - 10, "casemate-journal", 16);
    char *three = memmem(two + 10, length - (size_t)(two + 10 - data), "casemate-journal", 16);
    memmove(two, three, (size_t)(data + length - three));
    save("export", data, length - (size_t)(three - two));
    assert_int_equal(check(&result), ERR_BEHIND);
    assert_non_null(strstr(result.why, "segment 2 is missing"));
}

static void nothing_begins_anew_while_something_is_not_synced(void **state)
{
    struct segment_head head;
    unsigned n;
    (void)state;
    struct journal *j = open_journal(&n);
    assert_int_equal(journal_sync(j), 0);
    assert_int_equal(journal_add(j, "worker/e3f9k2m1", "audit", "x"), 0);
    assert_int_equal(journal_head(j, &head), ERR_STATE);
    assert_int_equal(journal_next(j, carry, "carried"), ERR_STATE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(segments_go_on_and_verify_together),
        CASE(a_journal_of_before_is_closed_as_segment_0),
        CASE(a_sealed_segment_is_refused_with_any_byte_changed),
        CASE(an_export_is_refused_with_any_byte_changed),
        CASE(a_segment_that_is_missing_is_named),
        CASE(nothing_begins_anew_while_something_is_not_synced),
    };
    return cmocka_run_group_tests_name("audit/segment", tests, NULL, NULL);
}
