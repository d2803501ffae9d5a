#ifndef TESTS_FAULTS_DISK_VFS_H
#define TESTS_FAULTS_DISK_VFS_H

/*
 * SQLite on the mounted disk: a VFS that makes the same calls in the same order as SQLite's own
 * for Unix, and gives the same errors for what they say.
 */

/* disk_vfs_begin(): From now on every store of this program lies on the mounted disk. */
void disk_vfs_begin(void);

/* disk_vfs_temporary(): How many temporary files SQLite has asked for: none may be. */
unsigned disk_vfs_temporary(void);

#endif
