# postgresql.sh: the same transaction in PostgreSQL, for the figure completion_of_postgresql; read
# with `. postgresql.sh`.  It installs the server where the figure is asked for by name, because
# nothing else needs it.
#
# `postgresql_rate` prints how many a second 64 connections complete over a local socket, with
# prepared statements and a durable commit: the unit under a lock, its operation and its
# characteristics read, one event with its request's id kept once, three readings, the unit.  No
# HTTP, no policy, no tree over the log, no encryption.

postgresql_bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1; }

postgresql_install() {
    [ -z "$(postgresql_bin)" ] || return 0
    say "installing PostgreSQL, for this figure alone"
    {
        apt-get update && apt-get install -y --no-install-recommends --download-only postgresql &&
            # the build root has the host's certificates there, read-only
            { ! mountpoint -q /etc/ssl/certs || umount /etc/ssl/certs; } &&
            env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql
    } >"$work/install" 2>&1 || { tail -n 25 "$work/install" >&2; return 1; }
}

as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }

postgresql_start() { # DIRECTORY, on the disk where the site lies
    pg=$1 pg_bin=$(postgresql_bin)
    chown postgres "$pg"
    as_postgres "$pg_bin/initdb" -D "$pg/data" --no-locale -E UTF8 -A trust >"$work/initdb" 2>&1 || return 1
    cat >>"$pg/data/postgresql.conf" <<EOF
listen_addresses = ''
unix_socket_directories = '$pg'
max_connections = 100
shared_buffers = 512MB
max_wal_size = 8GB
checkpoint_timeout = 30min
EOF
    as_postgres "$pg_bin/pg_ctl" -D "$pg/data" -l "$pg/log" -w start >/dev/null || { cat "$pg/log" >&2; return 1; }
    as_postgres "$pg_bin/psql" -q -h "$pg" -d postgres -v ON_ERROR_STOP=1 <<'EOF'
CREATE TABLE segment (route int, sequence int, place int, predecessors bigint, scan bool, buyoff bool, PRIMARY KEY (route, sequence));
CREATE TABLE characteristic (route int, sequence int, place int, balloon text, bounds int, lower bigint, upper bigint, PRIMARY KEY (route, sequence, place));
CREATE TABLE unit (id uuid PRIMARY KEY, number int UNIQUE, order_number int, state int, done bigint, running int, recorded bigint, operator text, started_at timestamptz);
CREATE TABLE event (sequence bigserial PRIMARY KEY, request uuid UNIQUE, boot bytea, salt bytea, payload bytea);
CREATE TABLE reading (event bigint, item int, unit uuid, route int, sequence int, balloon text, value bigint, passed bool, gage text, person uuid, performed_at timestamptz, PRIMARY KEY (event, item));
CREATE INDEX ON reading (route, sequence, balloon, event);
INSERT INTO segment SELECT 1, n, n - 1, 0, false, false FROM generate_series(1, 62) n;
INSERT INTO characteristic SELECT 1, n, c, 'C' || c, 6, 500000, 1500000 FROM generate_series(1, 62) n, generate_series(1, 3) c;
INSERT INTO unit SELECT gen_random_uuid(), n, 1, 0, 0, 0, 0, '', now() FROM generate_series(1, 8000) n;
VACUUM ANALYZE;
EOF
    cat >"$pg/completion.sql" <<'EOF'
\set u random(1, 8000)
\set s random(1, 62)
BEGIN;
SELECT id, state, done, running, recorded, operator FROM unit WHERE number = :u FOR UPDATE;
SELECT place, predecessors, scan, buyoff FROM segment WHERE route = 1 AND sequence = :s;
SELECT place, balloon, bounds, lower, upper FROM characteristic WHERE route = 1 AND sequence = :s;
INSERT INTO event (request, boot, salt, payload) VALUES (gen_random_uuid(), decode(repeat('ab', 16), 'hex'), decode(repeat('cd', 16), 'hex'), decode(repeat('ef', 330), 'hex'));
INSERT INTO reading SELECT currval('event_sequence_seq'), n, unit.id, 1, :s, 'C' || n, 1001000, true, '', unit.id, now() FROM unit, generate_series(1, 3) n WHERE number = :u;
UPDATE unit SET state = 0, done = done | (1::bigint << (:s - 1)), running = 0, recorded = 0, operator = '' WHERE number = :u;
COMMIT;
EOF
}

postgresql_rate() { # SECONDS
    as_postgres "$pg_bin/pgbench" -h "$pg" -d postgres -n -c 64 -j 2 -M prepared -T "$1" -f "$pg/completion.sql" 2>"$work/pgbench" |
        awk '/^tps/ { print $3; found = 1 } END { exit !found }' || { cat "$work/pgbench" >&2; return 1; }
}

postgresql_stop() { as_postgres "$pg_bin/pg_ctl" -D "$pg/data" -m fast -w stop >/dev/null; rm -rf "$pg"; }
