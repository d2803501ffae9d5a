# production.sh: the figures that want a production site, which is made, unlocked and removed; read
# with `. production.sh`, in a shell of its own.  `code` is 1 if one is short.
sites=$(mktemp -d "${CASEMATE_SITES:-/var/lib/casemate}/figures.XXXXXX")
chmod 0711 "$sites"
site=$sites/one
mkdir -m 0755 "$sites/bin"
trap 'casemate stop --site "$site" >/dev/null 2>&1; rm -rf "$sites"' EXIT
trap 'exit 1' INT TERM
failed() { echo "$*" >&2; exit 1; }
# memory cannot be locked everywhere (tests/system/unlocked.c)
if (ulimit -l unlimited) 2>/dev/null; then
    install -m 0755 "$top"/build/bin/* "$sites/bin/"
else
    echo "# this machine's limit for locked memory is $(ulimit -l) KiB: programs that do not lock it are used"
    install -m 0755 "$top"/build/tests/bin/* "$sites/bin/"
fi
PATH=$sites/bin:$PATH
casemate site create "$site" --custodians 3 --threshold 2 --name mes.test --enclave e7k2m9qa --shares-to "$sites/shares" >"$sites/out" 2>&1 &&
    sed -i "s/^port .*/port $((${PORT:-7810} + 40))/" "$site/site.conf" &&
    casemate site start "$site" >>"$sites/out" 2>&1 &&
    cat "$sites/shares/share-1" "$sites/shares/share-2" | casemate unlock "$site" --shares - >>"$sites/out" 2>&1 ||
    failed "no production site: $(cat "$sites/out")"
ready() { [ "$(casemate status --site "$site" --json | jq '[.processes[] | select(.state != "ready")] | length')" -eq 0 ]; }
for _ in $(seq 200); do ready && break; sleep 0.1; done
ready || failed "the production site does not get ready: $(casemate status --site "$site")"

idle_worker_private() { # the program of this enclave is empty: nobody has defined anything
    pid=$(casemate status --site "$site" --json | jq -r '.processes[] | select(.program == "worker").pid')
    sleep 1
    awk '/^Private_(Clean|Dirty):/ { n += $2 }
         END { ok = n <= 6144
               printf "figure idle_worker_private = %.1f MiB (limit 6.0, ratio %.2f, wants 1.00) %s\n", n / 1024, n / 6144, ok ? "ok" : "short"
               exit !ok }' "/proc/$pid/smaps_rollup"
}

hello_tls() {
    port=$(awk '$1 == "port" { print $2 }' "$site/site.conf")
    for name in station hello; do
        openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout "$sites/$name.key" -out "$sites/$name.pem" -days 2 -subj "/CN=mes.test" >>"$sites/out" 2>&1
    done
    openssl req -new -key "$sites/station.key" -out "$sites/station.csr" -subj "/CN=Bench" && rm "$sites/station.pem" &&
        casemate station certificate "$site" --csr "$sites/station.csr" --out "$sites/station.pem" --name Bench >"$sites/certified" 2>&1 ||
        failed "no station: $(cat "$sites/certified")"
    {
        echo 'officer 01890000-0000-7000-8000-000000000001 CW-1 123456 O1 Ann Officer'
        echo 'officer 01890000-0000-7000-8000-000000000002 CW-2 123456 O2 Bob Officer'
        echo "station $(awk '/^station/ { print $2 }' "$sites/certified") mes shop USA 3 Bench"
    } >"$sites/begin"
    casemate site begin "$site" "$sites/begin" >>"$sites/out" 2>&1 || failed "no beginning: $(cat "$sites/out")"
    for _ in $(seq 100); do
        curl -sf -m 2 -o /dev/null --cacert "$site/authority.pem" --resolve "mes.test:$port:127.0.0.1" --cert "$sites/station.pem" --key "$sites/station.key" "https://mes.test:$port/api/station" && break
        sleep 0.1
    done
    timeout 60 "$top/build/bench/tls" "$port" "$site/authority.pem" "$sites/station.pem" "$sites/station.key" "$sites/hello.pem" "$sites/hello.key"
}

case ${FIGURE:-} in '' | idle_worker_private) idle_worker_private || code=1 ;; esac
case ${FIGURE:-} in '' | hello_tls) hello_tls || code=1 ;; esac
