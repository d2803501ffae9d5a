CREATE TABLE epoch (
    number INTEGER PRIMARY KEY, -- of a part of the log with a tree of its own, from 1
    first INTEGER NOT NULL -- sequence of its first event, which in all but the first says what was lost
) STRICT;
INSERT INTO epoch (number, first) VALUES (1, 0);
CREATE TABLE epoch_checkpoint (
    epoch INTEGER NOT NULL, -- whose tree it is of
    size INTEGER NOT NULL, -- how many of the epoch's events the signed head covers
    note TEXT NOT NULL, -- the C2SP note as the auditor signed it
    PRIMARY KEY (epoch, size)
) STRICT, WITHOUT ROWID;
INSERT INTO epoch_checkpoint (epoch, size, note) SELECT 1, size, note FROM checkpoint;
DROP TABLE checkpoint;
ALTER TABLE epoch_checkpoint RENAME TO checkpoint;
