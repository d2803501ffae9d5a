/* make_bundle DIR: write what a site would send and publish, with the fixture's keys: root.json,
 * the three .pub files and number 3 of a channel. */
#include "tests/transfer/fixture.h"

#include <stdio.h>

#include "transfer/file.h"

static struct fixture_bundle made;

static void put(const char *dir, const char *name, const void *data, size_t length)
{
    char path[FILE_PATH_MAX];

    if (file_path(path, "%s/%s", dir, name) || file_write(path, 0644, false, data, length))
        fail_msg("%s/%s", dir, name);
}

static void put_key(const char *dir, const struct root *root, enum root_role role)
{
    char key[MINISIGN_PUBLIC_TEXT + 1], text[256], name[64];

    minisign_public_print(&root->keys[role], key);
    snprintf(text, sizeof(text), "untrusted comment: casemate %s\n%s\n", root_role_text(role), key);
    snprintf(name, sizeof(name), "%s.pub", root_role_text(role));
    put(dir, name, text, strlen(text));
}

int main(int argc, char **argv)
{
    char text[ROOT_MAX], name[MANIFEST_NAME_MAX], file[FILE_PATH_MAX];
    struct root root;
    size_t length;

    if (argc != 2)
        return 2;
    fixture_root(&root);
    fixture_root_text(text, &length);
    put(argv[1], "root.json", text, length);
    put_key(argv[1], &root, ROOT_OUTER);
    put_key(argv[1], &root, ROOT_GUARD_A);
    put_key(argv[1], &root, ROOT_GUARD_B);
    fixture_make(&made, MANIFEST_H2L, 3);
    manifest_name(&made.manifest, name);
    snprintf(file, sizeof(file), "%s.tar", name);
    put(argv[1], file, made.tar, made.tar_length);
    snprintf(file, sizeof(file), "%s.tar.minisig", name);
    put(argv[1], file, made.minisig, made.minisig_length);
    puts(name);
    return 0;
}
