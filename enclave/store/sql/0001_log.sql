CREATE TABLE meta (
    name TEXT PRIMARY KEY, -- what it is: format, enclave, peaks
    value BLOB NOT NULL -- its bytes
) STRICT, WITHOUT ROWID;
CREATE TABLE event (
    sequence INTEGER PRIMARY KEY, -- its place in the log, from 0, without gaps
    boot BLOB NOT NULL, -- boot id of the machine, 16 bytes, part of the leaf
    salt BLOB NOT NULL, -- 32 random bytes, so that a leaf says nothing of its payload
    payload BLOB NOT NULL -- the event in its canonical form
) STRICT;
CREATE TABLE checkpoint (
    size INTEGER PRIMARY KEY, -- how many events the signed head covers
    note TEXT NOT NULL -- the C2SP note as the auditor signed it
) STRICT;
CREATE TABLE document (
    digest BLOB PRIMARY KEY, -- BLAKE2b-256 of the content
    length INTEGER NOT NULL -- its length in bytes
) STRICT, WITHOUT ROWID;
CREATE TABLE document_chunk (
    digest BLOB NOT NULL, -- the document
    part INTEGER NOT NULL, -- from 0
    content BLOB NOT NULL, -- at most 16 KiB
    PRIMARY KEY (digest, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE projection (
    name TEXT PRIMARY KEY, -- which projection
    version TEXT NOT NULL, -- digest of its tables; another one means: rebuild
    position INTEGER NOT NULL -- events that it has seen
) STRICT, WITHOUT ROWID;
