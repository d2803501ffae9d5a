#!/bin/sh
# Goal: a production site keeps no key on its disk and opens for its custodians alone; its gateways
# speak TLS 1.3 with its own stations and with nobody else, and refuse before any HTTP.
# This test makes sites of its own, from the repository's root.  PATH has the tools; it needs root.
set -u

sites=$(mktemp -d /tmp/casemate-test-XXXXXX)
work=$sites/work
site=$sites/one
chmod 0711 "$sites"
mkdir "$work"
trap 'casemate stop --site "$site" >/dev/null 2>&1; casemate stop --site "$sites/two" >/dev/null 2>&1; rm -rf "$sites"' EXIT
trap 'exit 1' INT TERM
tests=0
failed=0
ok() { tests=$((tests + 1)); echo "ok $tests - $*"; }
not_ok() { tests=$((tests + 1)); failed=$((failed + 1)); echo "not ok $tests - $*"; }
give_up() { echo "Bail out! $*"; [ ! -f "$site/log" ] || sed 's/^/# /' "$site/log"; exit 1; }
check() { # SENTENCE COMMAND...
    sentence=$1; shift
    if "$@" >"$work/now" 2>&1; then ok "$sentence"; else not_ok "$sentence"; sed 's/^/#   /' "$work/now"; fi
}
is() { # SENTENCE GOT WANTED
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1"; echo "#   got    $2"; echo "#   wanted $3"; fi
}
says() { # SENTENCE TEXT PART
    case $2 in
    *"$3"*) ok "$1" ;;
    *) not_ok "$1"; echo "#   got    $2"; echo "#   wanted …$3…" ;;
    esac
}
refused() { # SENTENCE CODE WORDS COMMAND...
    sentence=$1; code=$2; words=$3; shift 3
    got=0
    said=$("$@" 2>&1) || got=$?
    case "$got $said" in
    "$code "*"$words"*) ok "$sentence" ;;
    *) not_ok "$sentence"; echo "#   exit $got: $said" ;;
    esac
}
# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
    wait_end=$(($(date +%s) + $1)); shift
    until "$@"; do
        [ "$(date +%s)" -lt "$wait_end" ] || return 1
        sleep 0.05
    done
}

# A production site runs only where memory can be locked.  Where the limit is lower the same
# programs are used without that one check; everything else is the product's.
product=$(command -v casemate)
mkdir "$sites/bin"
if (ulimit -l unlimited) 2>/dev/null; then
    install -m 0755 "$(dirname "$(command -v casemate)")"/* "$sites/bin/"
else
    echo "# this machine's limit for locked memory is $(ulimit -l) KiB: programs that do not lock it are used"
    install -m 0755 build/tests/bin/* "$sites/bin/"
fi
chmod 0755 "$sites/bin"
PATH=$sites/bin:$PATH

create() { # NAME SHARES
    casemate site create "$sites/$1" --custodians 3 --threshold 2 --name mes.test \
        --enclave e7k2m9qa --enclave e3f9k2m1 --shares-to "$sites/$2"
}

# ---- create ----

refused "a site needs custodians" 2 "--custodians N" casemate site create "$site" --name a --enclave e7k2m9qa
refused "more of them than one" 2 "M is 2 at least" casemate site create "$site" --custodians 3 --threshold 1 --name a --enclave e7k2m9qa
refused "a threshold that can be met" 2 "any M of N" casemate site create "$site" --custodians 3 --threshold 4 --name a --enclave e7k2m9qa
refused "a name" 2 "--name takes the host name" casemate site create "$site" --custodians 3 --threshold 2 --shares-to "$sites/s" --enclave e7k2m9qa
refused "enclaves" 2 "name its enclaves" casemate site create "$site" --custodians 3 --threshold 2 --name a --shares-to "$sites/s"
refused "each once" 2 "named twice" casemate site create "$site" --custodians 3 --threshold 2 --name a --shares-to "$sites/s" --enclave e7k2m9qa --enclave e7k2m9qa
refused "shares are not written into a pipe" 2 "shown once, on a terminal" casemate site create "$site" --custodians 3 --threshold 2 --name a --enclave e7k2m9qa
check "a production site is made" create one shares
refused "and not a second time in the same place" 1 "is not empty" create one again
check "another one beside it" create two others
script -qec "casemate site create '$sites/three' --custodians 4 --threshold 2 --name c.test --enclave e7k2m9qa" /dev/null >"$work/shown" 2>&1 </dev/null
is "on a terminal the shares are shown" "$(grep -cE '^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}' "$work/shown") $(grep -c '^share [1-4]' "$work/shown")" "20 4"
is "shares are their custodian's" "$(stat -c %a "$sites"/shares/* | sort -u) $(stat -c %a "$sites/shares")" "600 700"
# the folder of the enterprise is carried away: its keys are not the site's
is "no key lies in the site" "$(grep -rlE 'PRIVATE KEY' "$site" | grep -vc "^$site/enterprise/") $(ls "$site" | grep -c '\.key$')" "0 0"
openssl verify -CAfile "$site/authority.pem" -purpose sslserver "$site/gateway.pem" "$site/e7k2m9qa/gateway.pem" >"$work/now" 2>&1
is "the gateways' certificates are the authority's" "$(grep -c ': OK' "$work/now")" 2

# a card, and who issues them; another, that somebody made alone
openssl req -x509 -newkey rsa:3072 -nodes -keyout "$work/issuer.key" -subj "/CN=Test PIV issuer" -days 9 -addext keyUsage=critical,keyCertSign,cRLSign -out "$site/piv-issuers.pem" 2>/dev/null
printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nsubjectAltName=URI:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6\n' >"$work/card.ext"
openssl req -new -newkey rsa:2048 -nodes -keyout "$work/card.key" -subj "/CN=OFFICER.ANN.1" 2>/dev/null |
    openssl x509 -req -CA "$site/piv-issuers.pem" -CAkey "$work/issuer.key" -days 2 -extfile "$work/card.ext" -out "$work/card.pem" 2>/dev/null

# ---- unlock ----

refused "a site that does not run is not unlocked" 3 "no site runs" casemate unlock "$site" --shares "$sites/shares/share-1"
refused "where too little memory can be locked nothing is started, and it is said how to raise the limit" 1 "8192 KiB of memory here, and the programs of a production site lock all of theirs, up to 1048576 KiB" \
    sh -c 'ulimit -l 8192; exec setpriv --bounding-set -sys_resource "$@"' sh "$product" site start "$site"
check "the site starts" casemate site start "$site"
state() { casemate status --site "$site" --json | jq -r ".processes[] | select(.program == \"$1\" and .enclave == \"${2:-}\").state"; }
is "and is locked" "$(state keeper) $(state identity) $(state gateway) $(state worker e7k2m9qa)" "locked locked locked locked"
unlock() { cat "$@" | casemate unlock "$site" --shares -; }
one=$sites/shares/share-1 two=$sites/shares/share-2 three=$sites/shares/share-3
refused "one share is not enough" 1 "this site needs 2" unlock "$one"
refused "a share that is given twice is named" 1 "The second share given (number 1 on it) was given twice" unlock "$one" "$one"
refused "another site's share is named" 1 "belongs to another site" unlock "$one" "$sites/others/share-2"
for c in 5 6 7; do # of 256 typing errors in a row, its check byte lets one through to the share's own
    sed "3s/^./$c/" "$two" >"$work/typo"
    cmp -s "$two" "$work/typo" || ! unlock "$one" "$work/typo" 2>&1 | grep -q 'Row 3' || break
done
refused "a mistyped row is named" 1 "Row 3 of the share is mistyped" unlock "$one" "$work/typo"
head -4 "$two" >"$work/short"
refused "a share that was cut is named" 1 "ends in row 5" unlock "$one" "$work/short"
is "the keeper is still locked" "$(state keeper)" locked
check "two of them unlock it" unlock "$three" "$one"
all_ready() { [ "$(casemate status --site "$site" --json | jq '[.processes[] | select(.state != "ready")] | length')" -eq 0 ]; }
wait_for 20 all_ready || give_up "not every process is ready: $(casemate status --site "$site")"
ok "every process is ready"
check "unlocking it again changes nothing" unlock "$two" "$one"
is "a tool of a training site does not fit" "$(casemate training stop "$site" 2>&1 | grep -c 'is not a training site')" 1

# ---- stations ----

port=$(awk '$1 == "port" { print $2 }' "$site/site.conf")
inner=$((port + 1))
request() { # NAME KEY...
    name=$1; shift
    openssl req -new -nodes -newkey "$@" -keyout "$work/$name.key" -out "$work/$name.csr" -subj "/CN=anything" \
        -addext "basicConstraints=critical,CA:TRUE" -addext "subjectAltName=DNS:mes.test" >"$work/openssl" 2>&1 || give_up "$(cat "$work/openssl")"
}
certify() { casemate station certificate "$site" --csr "$work/$1.csr" --out "$work/$1.pem" --name "$2"; }
request a ec -pkeyopt ec_paramgen_curve:P-256
request b rsa:3072
request c ec -pkeyopt ec_paramgen_curve:P-384
request weak rsa:2048
request far ec -pkeyopt ec_paramgen_curve:P-521
request odd ed25519
check "a station gets a certificate" certify a "Bench 7"
a=$(awk '/^station/ { print $2 }' "$work/now")
is "its id is its key's digest" "$(openssl x509 -in "$work/a.pem" -noout -pubkey | openssl pkey -pubin -outform der | sha256sum | cut -c 1-32)" "$a"
text=$(openssl x509 -in "$work/a.pem" -noout -text)
says "it has the name that was given" "$text" "Subject: CN=Bench 7"
is "and nothing else that was asked for" "$(echo "$text" | grep -cE 'CA:TRUE|DNS:|CN *= *anything')" 0
says "it is for TLS clients" "$text" "TLS Web Client Authentication"
check "for a year" openssl x509 -in "$work/a.pem" -checkend $((364 * 86400))
check "and no more" sh -c "! openssl x509 -in '$work/a.pem' -checkend $((366 * 86400))"
check "an RSA key of 3072 bits will do" certify b "Bench 8"
b=$(awk '/^station/ { print $2 }' "$work/now")
openssl req -in "$work/c.csr" -outform der -out "$work/der.csr"; cp "$work/c.key" "$work/der.key"
check "a request in DER too, for P-384" certify der "Bench 9"
c=$(awk '/^station/ { print $2 }' "$work/now")
refused "a certificate is not overwritten" 1 "is there already" certify a "Bench 7"
refused "RSA with 2048 bits is refused" 1 "fewer than 3072 bits" certify weak "Bench 10"
refused "another curve is refused" 1 "another curve" certify far "Bench 10"
refused "another kind of key is refused" 1 "neither P-256, P-384 nor RSA" certify odd "Bench 10"
openssl req -in "$work/c.csr" -outform der | sed 's/anything/something/; s/somethi/anythin/' >/dev/null
openssl req -in "$work/a.csr" -outform der >"$work/bent.csr"
printf 'X' | dd of="$work/bent.csr" bs=1 seek=24 conv=notrunc status=none
refused "a request that was changed is refused" 1 "does not verify" certify bent "Bench 10"
echo nonsense >"$work/junk.csr"
refused "what is no request is refused" 1 "no certificate request" certify junk "Bench 10"
refused "a name that is none is refused" 2 "a station's name" certify c "/etc"

cp "$site/gateway.pem" "$work/gateway.old"
check "the gateways get new certificates" casemate site certificates "$site"
is "for the same keys" "$(openssl x509 -in "$site/gateway.pem" -noout -pubkey)" "$(openssl x509 -in "$work/gateway.old" -noout -pubkey)"
check "that are others" sh -c "! cmp -s '$site/gateway.pem' '$work/gateway.old'"
cp "$work/a.pem" "$site/gateway.pem"
refused "a station does not become a gateway" 1 "not one that this site's authority made" casemate site certificates "$site"
cp "$work/gateway.old" "$site/gateway.pem"

# ---- the handshake ----

ask() { # STATION PORT PATH [CURL...]: the status; the body in $work/answer
    who=$1 at=$2 path=$3; shift 3
    curl -s -m 10 -o "$work/answer" -w '%{http_code}' --cacert "$site/authority.pem" --resolve "mes.test:$at:127.0.0.1" \
        --cert "$work/$who.pem" --key "$work/$who.key" "$@" "https://mes.test:$at$path"
}
begin() { # "a b" ...: the officers begin from these stations
    printf 'officer 0189%s CW-1 123456 O1 Ann Officer\nofficer 0189%s CW-2 123456 O2 Bob Officer\n' \
        0000-0000-7000-8000-000000000001 0000-0000-7000-8000-000000000002 >"$work/begin"
    for id in "$@"; do echo "station $id mes shop USA 3 Bench $id" >>"$work/begin"; done
    casemate site begin "$site" "$work/begin"
}
is "before identity has said who is in force nobody is" "$(ask a "$port" /api/station)" 000
refused "a station that is not in its form is refused" 1 "line 3 is neither" begin "nonsense"
refused "a country that is none is refused" 1 "line 3 is neither" sh -c "printf 'officer 01890000-0000-7000-8000-000000000001 CW-1 123456 O1 Ann\\nofficer 01890000-0000-7000-8000-000000000002 CW-2 123456 O2 Bob\\nstation $a mes shop XXX 3 Bench\\n' >$work/odd; casemate site begin $site $work/odd"
refused "without a station nobody could ever enter" 1 "no station stands there" begin
check "two stations are in force" begin "$a" "$b"
refused "it is done once" 1 "people are known already" begin "$a"
in_force() { [ "$(ask "$1" "$port" /api/station)" = 200 ] && [ "$(ask "$1" "$inner" /api/station)" = 200 ]; }
check "a station is served" wait_for 5 in_force a
is "it is known by its name" "$(jq -r '"\(.station) \(.training)"' "$work/answer")" "Bench 7 false"
check "one with an RSA key too" in_force b
is "by the other name of this machine too" "$(curl -s -m 10 -o /dev/null -w '%{http_code}' --cacert "$site/authority.pem" --cert "$work/a.pem" --key "$work/a.key" "https://localhost:$port/")" 200
is "a name that is not its own is refused" "$(ask a "$port" /api/station -H "Host: other.test:$port")" 403
is "so is its own with another port" "$(ask a "$port" /api/station -H "Host: mes.test:$inner")" 403
is "or without one" "$(ask a "$port" /api/station -H 'Host: mes.test')" 403
is "another origin is refused" "$(ask a "$port" /api/station -H "Origin: https://mes.test:$inner")" 403
is "and so is plain HTTP's" "$(ask a "$port" /api/station -H "Origin: http://mes.test:$port")" 403
is "its own is not" "$(ask a "$port" /api/station -H "Origin: https://mes.test:$port")" 200

is "the page's program comes" "$(ask a "$port" /app.js)" 200
check "whole" cmp "$work/answer" build/ui/app.js
head -c 59000 /dev/zero | tr '\0' x >"$work/large"
is "a large body comes as far as identity, which refuses it" "$(ask a "$port" /api/sign-in --data-binary "@$work/large")" 400
cat "$work/large" "$work/large" >"$work/larger"
is "one that is too large does not" "$(ask a "$port" /api/sign-in --data-binary "@$work/larger")" 413
many() { # two hundred requests over eight connections
    for i in $(seq 200); do echo "url = https://mes.test:$port/api/station"; echo "output = /dev/null"; done >"$work/many"
    curl -s -Z --parallel-max 8 --http1.1 -m 20 --cacert "$site/authority.pem" --resolve "mes.test:$port:127.0.0.1" --cert "$work/a.pem" --key "$work/a.key" -w '%{http_code}\n' -K "$work/many" | sort | uniq -c | tr -s ' '
}
is "many requests at once are answered" "$(many)" " 200 200"

# hello OPTIONS...: what a client saw, after it had sent a request as soon as it could
hello() {
    printf 'GET /api/station HTTP/1.1\r\nHost: mes.test:%s\r\n\r\n' "$port" >"$work/get"
    (cat "$work/get"; sleep 1) | timeout 10 openssl s_client -connect "127.0.0.1:$port" -servername mes.test -CAfile "$site/authority.pem" -ign_eof "$@" >"$work/hello" 2>&1
    grep -c '^HTTP/' "$work/hello"
}
is "the same by hand" "$(hello -cert "$work/a.pem" -key "$work/a.key")" 1
says "over TLS 1.3" "$(cat "$work/hello")" "TLSv1.3"
is "without a ticket, and so without early data" "$(grep -cE 'NewSessionTicket|Post-Handshake New Session Ticket' "$work/hello")" 0
openssl s_client -connect "127.0.0.1:$port" -CAfile "$site/authority.pem" -cert "$work/a.pem" -key "$work/a.key" -sess_out "$work/session" </dev/null >/dev/null 2>&1
is "nothing is there to resume" "$([ -s "$work/session" ] && echo yes)" ""
# silent OPTIONS...: whether the gateway ends a connection over which nothing was asked
silent() {
    mkfifo "$work/wire"
    timeout 20 openssl s_client -connect "127.0.0.1:$port" -CAfile "$site/authority.pem" -ign_eof "$@" <"$work/wire" >"$work/hello" 2>&1 &
    silent_pid=$!
    exec 9>"$work/wire"
    silent_ended() { ! kill -0 "$silent_pid" 2>/dev/null; }
    wait_for 4 silent_ended; silent_status=$?
    exec 9>&-
    kill "$silent_pid" 2>/dev/null; wait "$silent_pid" 2>/dev/null
    rm "$work/wire"
    return "$silent_status"
}
check "no certificate: the connection ends before anything was asked" silent
is "and nothing is answered" "$(hello)" 0
silent -cert "$work/a.pem" -key "$work/a.key"
is "while a station's waits for what it asks" $? 1
openssl req -x509 -key "$work/a.key" -subj "/CN=Bench 7" -days 2 -out "$work/self.pem" 2>/dev/null
is "self-signed, though with a station's key" "$(hello -cert "$work/self.pem" -key "$work/a.key")" 0
says "and told why" "$(cat "$work/hello")" "unknown ca"
is "a gateway's certificate is no station's" "$(hello -cert "$site/gateway.pem" -key "$work/a.key")" 0
build/tests/expired "$site/keeper" "$one" "$two" "$site/authority.pem" "$work/a.csr" >"$work/old.pem" || give_up "no expired certificate"
is "expired" "$(hello -cert "$work/old.pem" -key "$work/a.key")" 0
says "and told why" "$(cat "$work/hello")" "certificate expired"
is "certified, but not in force" "$(hello -cert "$work/der.pem" -key "$work/der.key")" 0
says "and told why" "$(cat "$work/hello")" "access denied"
check "the log names it" grep -q "not in force was refused: $c (Bench 9)" "$site/log"
is "TLS 1.2" "$(hello -tls1_2 -cert "$work/a.pem" -key "$work/a.key")" 0
is "TLS 1.1" "$(hello -tls1_1 -cipher 'DEFAULT@SECLEVEL=0' -cert "$work/a.pem" -key "$work/a.key")" 0
is "plain HTTP" "$(curl -s -m 5 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/api/station")" 000
(printf 'R\n'; sleep 1) | timeout 10 openssl s_client -connect "127.0.0.1:$port" -CAfile "$site/authority.pem" -cert "$work/a.pem" -key "$work/a.key" >"$work/hello" 2>&1
is "there is no renegotiation" "$(grep -ci 'RENEGOTIATING' "$work/hello") $(grep -c 'wrong ssl version\|no renegotiation' "$work/hello")" "1 1"
is "the gateway has outlived all of it" "$(ask a "$port" /api/station)" 200

# the other site: its authority is another
casemate site start "$sites/two" >/dev/null && cat "$sites/others/share-1" "$sites/others/share-3" | casemate unlock "$sites/two" --shares - >/dev/null || give_up "the second site does not run"
keeps() { casemate station certificate "$sites/two" --csr "$work/a.csr" --out "$work/other.pem" --name "Bench 7"; }
check "another site certifies the same station" keeps
is "for itself alone" "$(hello -cert "$work/other.pem" -key "$work/a.key")" 0
says "and told why" "$(cat "$work/hello")" "unknown ca"
casemate stop --site "$sites/two" >/dev/null

# ---- cards ----

piv=$((port + 25))
card() { # PATH [CURL...]: the status; the headers in $work/head
    path=$1; shift
    curl -s -m 10 -D "$work/head" -o "$work/answer" -w '%{http_code}' --cacert "$site/authority.pem" --resolve "mes.test:$piv:127.0.0.1" "$@" "https://mes.test:$piv$path"
}
holder() { path=$1; shift; card "$path" --cert "$work/card.pem" --key "$work/card.key" -H "Origin: https://mes.test:$port" "$@"; }
sign_in='{"challenge":"0123456789abcdef0123456789abcdef"}'
is "a card's certificate comes as far as identity, which knows no such challenge" "$(holder /api/sign-in/piv -H 'Content-Type: text/plain' --data-binary "$sign_in")" 403
is "whose answer the entry's page may read" "$(tr -d '\r' <"$work/head" | grep -i '^access-control' | sort | tr 'A-Z\n' 'a-z ')" "access-control-allow-credentials: true access-control-allow-origin: https://mes.test:$port "
is "no other page" "$(card /api/sign-in/piv --cert "$work/card.pem" --key "$work/card.key" -H "Origin: https://mes.test:$inner" --data-binary "$sign_in")" 403
is "nor one that does not say which it is" "$(card /api/sign-in/piv --cert "$work/card.pem" --key "$work/card.key" --data-binary "$sign_in")" 403
is "and it is told so without a word to that page" "$(grep -ci '^access-control' "$work/head")" 0
is "a request that is not in its form is refused" "$(holder /api/sign-in/piv --data-binary '{"challenge":"short"}')" 400
is "nothing else is there" "$(holder /) $(holder /api/station) $(holder /api/sign-in --data-binary '{}') $(holder /api/sign-in/piv)" "404 404 404 404"
is "without a card: refused before HTTP" "$(card /api/sign-in/piv -H "Origin: https://mes.test:$port" --data-binary "$sign_in")" 000
is "a station's listener does not know the route" "$(ask a "$port" /api/sign-in/piv --data-binary "$sign_in")" 404
is "and a card is no station" "$(hello -cert "$work/card.pem" -key "$work/card.key")" 0
is "the entry's page may ask at the cards' listener" "$(curl -s -m 10 -o /dev/null -D - --cacert "$site/authority.pem" --resolve "mes.test:$port:127.0.0.1" --cert "$work/a.pem" --key "$work/a.key" "https://mes.test:$port/" | grep -c "connect-src 'self' https://mes.test:$piv;")" 1

# ---- a token is good at its own station ----

own=482913
first_pin() { # BADGE: the sign-in with the PIN of the lines
    ask a "$port" /api/sign-in --data-binary "{\"badge\":\"$1\",\"pin\":\"123456\"}" >"$work/status"
    echo "Authorization: Bearer $(jq -r .token "$work/answer")" >"$work/bearer"
}
chooses() { ask a "$port" /api/pin -H "@$work/bearer" --data-binary "{\"pin\":\"123456\",\"new_pin\":\"$1\"}"; }
first_pin CW-2
is "who wrote the lines knows the PIN: its officer is asked to choose another" "$(cat "$work/status") $(jq -r .choose_pin "$work/answer")" "200 true"
is "and does nothing before" "$(ask a "$port" /api/people -H "@$work/bearer")" 403
is "a weak one is not taken" "$(chooses 654321)" 409
is "another is" "$(chooses "$own")" 200
first_pin CW-1
is "so does the other" "$(chooses "$own")" 200
is "an officer signs in at one" "$(ask a "$port" /api/sign-in --data-binary "{\"badge\":\"CW-1\",\"pin\":\"$own\"}")" 200
token=$(jq -r .token "$work/answer")
echo "Authorization: Bearer $token" >"$work/bearer"
is "the token is good there" "$(ask a "$port" /api/people -H "@$work/bearer")" 200
is "and not at the other" "$(ask b "$port" /api/people -H "@$work/bearer")" 401
in_journal() { grep -q " 3 .* $b 6 a_token_that_is_not_good_here" "$site/auditor/journal.log"; }
check "negative 17: which is recorded, with the other station" wait_for 5 in_journal
says "the journal names the station" "$(cat "$site"/auditor/* 2>/dev/null | tr -d '\000')" "$a"

# ---- officers' keys and cards ----

key=${CASEMATE_KEY:-build/tests/key}
origin=https://mes.test:$port
id() { ms=$(printf '%012x' "$(date +%s%3N)"); r=$(cat /proc/sys/kernel/random/uuid); echo "$(echo "$ms" | cut -c 1-8)-$(echo "$ms" | cut -c 9-12)-7$(echo "$r" | cut -c 16-18)-$(echo "$r" | cut -c 20-36)"; }
send() { # TOKEN PATH BODY: the status
    echo "Authorization: Bearer $1" >"$work/bearer"
    ask a "$port" "$2" -H "@$work/bearer" --data-binary "$3"
}
in_by_pin() { send "" /api/sign-in "{\"badge\":\"$1\",\"pin\":\"${2:-$own}\"}"; }
in_by_key() {
    send "" /api/sign-in/challenge "{\"badge\":\"$1\"}" >/dev/null
    c=$(jq -r .challenge "$work/answer")
    send "" /api/sign-in/key "{\"badge\":\"$1\",\"challenge\":\"$c\",$("$key" assert "$work/key.$1" "$c" "$origin")}"
}
register() { # BADGE: $credential is its id
    in_by_pin "$1" >/dev/null; token=$(jq -r .token "$work/answer")
    send "$token" /api/keys/challenge "{\"badge\":\"$1\",\"pin\":\"$own\"}" >/dev/null
    c=$(jq -r .challenge "$work/answer") credential=$(id)
    send "$token" /api/keys "{\"id\":\"$(id)\",\"credential\":\"$credential\",\"label\":\"key\",\"challenge\":\"$c\",$("$key" register "$work/key.$1" "$c" "$origin")}"
}
approve() { # TOKEN CREDENTIAL BADGE FACTOR: signed with the badge's key or its PIN, or not at all
    body="{\"id\":\"$(id)\",\"credential\":\"$2\"}"
    what="\"operation\":\"approve-credential\",\"digest\":\"$(printf 'casemate/action/1\n%s\n%s\n%s' approve-credential entry000 "$body" | sha256sum | cut -c 1-64)\",\"meaning\":\"I approve it\""
    echo '{"statement":""}' >"$work/answer"
    case $4 in
    pin) send "$1" /api/entry/sign "{\"badge\":\"$3\",\"pin\":\"$own\",$what}" >/dev/null ;;
    key)
        send "$1" /api/entry/sign/challenge "{$what}" >/dev/null
        c=$(jq -r .challenge "$work/answer")
        send "$1" /api/entry/sign/key "{\"challenge\":\"$c\",$("$key" assert "$work/key.$3" "$c" "$origin")}" >/dev/null ;;
    esac
    echo "Authorization: Bearer $1" >"$work/bearer"
    ask a "$port" /api/credentials/approve -H "@$work/bearer" -H "X-Casemate-Statement: $(jq -r .statement "$work/answer")" --data-binary "$body"
}
register CW-1 >"$work/status"
is "an officer registers a key" "$(cat "$work/status")" 200
first=$credential
in_by_pin CW-2 >/dev/null; token=$(jq -r .token "$work/answer")
is "a new site's first is approved by the other with badge and PIN: nobody has a key yet" "$(approve "$token" "$first" CW-2 pin)" 200
register CW-2 >"$work/status"
is "the other registers one, too" "$(cat "$work/status")" 200
second=$credential
is "not by its own person" "$(approve "$token" "$second" CW-2 pin)" 404
is "the key signs in, under the site's own name" "$(in_by_key CW-1)" 200
token=$(jq -r .token "$work/answer")
is "and approves nothing without a signature" "$(approve "$token" "$second" CW-1 none)" 403
is "nor with one of badge and PIN" "$(approve "$token" "$second" CW-1 pin)" 403
is "but with its own" "$(approve "$token" "$second" CW-1 key)" 200

mkdir "$work/ca" && : >"$work/ca/index" && echo 01 >"$work/ca/number"
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/ca/index\ncrlnumber=%s/ca/number\ndefault_md=sha256\ndefault_crl_days=5\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid:always\n' "$work" "$work" >"$work/ca.conf"
lists() { openssl ca -config "$work/ca.conf" -gencrl -keyfile "$work/issuer.key" -cert "$site/piv-issuers.pem" -out "$work/crl.pem" 2>"$work/openssl"; }
lists || give_up "$(cat "$work/openssl")"
trust() { send "$1" /api/cards/trust "{\"id\":\"$(id)\",\"anchors\":\"$(base64 -w0 "$site/piv-issuers.pem")\",\"crls\":\"$(base64 -w0 "$work/crl.pem")\"}"; }
shows() { # at the listener for cards, for a challenge that station a has made: the status
    send "" /api/sign-in/card/challenge '{}' >/dev/null
    c=$(jq -r .challenge "$work/answer")
    holder /api/sign-in/piv --data-binary "{\"challenge\":\"$c\"}"
}
shows >"$work/status"
is "while the site trusts no issuer no card is read" "$(cat "$work/status")" 403
is "an officer says whose cards are trusted" "$(trust "$token")" 200
shows >"$work/status"
is "then a card is read" "$(cat "$work/status")" 200
is "it opens nothing: it is nobody's yet" "$(send "" /api/sign-in/card "{\"challenge\":\"$c\"}")" 403
shows >/dev/null
third=$(id)
is "its holder registers it" "$(send "$token" /api/cards "{\"id\":\"$(id)\",\"credential\":\"$third\",\"label\":\"card\",\"challenge\":\"$c\",\"badge\":\"CW-1\",\"pin\":\"$own\"}")" 200
in_by_key CW-2 >/dev/null; other=$(jq -r .token "$work/answer")
is "the other officer approves it" "$(approve "$other" "$third" CW-2 key)" 200
shows >/dev/null
is "at another station than asked it is worth nothing" "$(ask b "$port" /api/sign-in/card --data-binary "{\"challenge\":\"$c\"}")" 403
is "and used up" "$(send "" /api/sign-in/card "{\"challenge\":\"$c\"}")" 403
shows >/dev/null
is "the card signs in" "$(send "" /api/sign-in/card "{\"challenge\":\"$c\"}") $(jq -r .name "$work/answer")" "200 Ann Officer"
openssl ca -config "$work/ca.conf" -keyfile "$work/issuer.key" -cert "$site/piv-issuers.pem" -revoke "$work/card.pem" 2>"$work/openssl" && lists || give_up "$(cat "$work/openssl")"
is "a new list is brought in" "$(trust "$other")" 200
shows >"$work/status"
is "the revoked card is not read any more" "$(cat "$work/status")" 403
says "and is told so" "$(cat "$work/answer")" "The certificate is revoked."

# ---- wrong PINs ----

for _ in 1 2 3; do in_by_pin CW-1 000000 >/dev/null; in_by_pin NOBODY 000000 >"$work/status"; done
is "three wrong PINs lock a badge" "$(in_by_pin CW-1)" 429
cp "$work/answer" "$work/locked"
says "which is said" "$(cat "$work/locked")" "locked after three wrong PINs"
is "a badge that nobody has is locked alike" "$(in_by_pin NOBODY) $(cat "$work/answer")" "429 $(cat "$work/locked")"
is "nor does a key open what is locked" "$(in_by_key CW-1)" 403
old=$(casemate status --site "$site" --json | jq -r '.processes[] | select(.program == "identity").pid')
kill -9 "$old"
back() { case $(in_by_pin CW-1) in 503 | 000) return 1 ;; esac; }
wait_for 10 back
is "it is locked still when identity was started again" "$(in_by_pin CW-1)" 429
person=$(send "$other" /api/people "" >/dev/null; ask a "$port" /api/people -H "@$work/bearer" >/dev/null; jq -r '.people[] | select(.badge == "CW-1").person' "$work/answer")
is "the other officer releases it" "$(send "$other" /api/people/release "{\"id\":\"$(id)\",\"person\":\"$person\"}")" 200
is "then it signs in" "$(in_by_pin CW-1)" 200
in_by_pin NOBODY-2 000000 >/dev/null
is "wrong PINs of three badges quarantine the station" "$(in_by_pin NOBODY-3 000000) $(in_by_pin CW-1)" "403 429"
says "which is said" "$(cat "$work/answer")" "Nobody can sign in at this station for fifteen minutes"
is "another station goes on" "$(ask b "$port" /api/sign-in --data-binary "{\"badge\":\"CW-1\",\"pin\":\"$own\"}")" 200

# ---- revoked ----

(sleep 20) | openssl s_client -connect "127.0.0.1:$port" -CAfile "$site/authority.pem" -cert "$work/b.pem" -key "$work/b.key" -ign_eof >"$work/open" 2>&1 &
live=$!
check "a station has a connection" wait_for 5 grep -q 'Verify return code: 0' "$work/open"
check "it is taken out of force, on the console" casemate suspend --site "$site" "$b" "stolen"
refused_now() { [ "$(ask b "$port" /api/station)" = 000 ] && [ "$(ask b "$inner" /api/station)" = 000 ]; }
check "and is refused at every gateway" wait_for 5 refused_now
gone() { grep -q '^closed' "$work/open" || ! kill -0 "$live" 2>/dev/null; }
check "its open connection is closed" wait_for 5 gone
kill "$live" 2>/dev/null; wait "$live" 2>/dev/null
check "the other works on" in_force a

# ---- custodians let an officer in again ----

send "$other" /api/suspend "{\"id\":\"$(id)\",\"holder\":\"$person\",\"reason\":\"a test\"}" >"$work/status"
is "one officer suspends the other" "$(cat "$work/status")" 200
is "who does not sign in, with a key either" "$(in_by_key CW-1)" 403
restore() { shares=$1; shift; cat $shares | casemate reinstate --site "$site" --shares - "$@"; }
refused "one share does not restore" 1 "this site needs 2" restore "$one" CW-1 "no second officer"
refused "nor one given twice" 1 "given twice" restore "$one $one" CW-1 "no second officer"
refused "nor another site's" 1 "belongs to another site" restore "$one $sites/others/share-2" CW-1 "no second officer"
is "he is suspended still" "$(in_by_key CW-1)" 403
check "two custodians do, while the site runs" restore "$one $two" CW-1 "no second officer is left"
is "then he signs in" "$(in_by_key CW-1)" 200
check "the log says that custodians agreed" grep -q '2 custodians agreed' "$site/log"

# ---- without the keeper ----

pid_of() { casemate status --site "$site" --json | jq -r ".processes[] | select(.program == \"$1\" and .enclave == \"${2:-}\").pid"; }
kill -9 "$(pid_of keeper)"
kill -9 "$(pid_of gateway e7k2m9qa)"
is_locked() { [ "$(state gateway e7k2m9qa)" = locked ]; }
check "a gateway that ends without a keeper stays down" wait_for 5 is_locked
check "and the log says why" grep -q 'gateway e7k2m9qa needs a key and there is no keeper' "$site/log"
is "what runs works on" "$(ask a "$port" /api/station)" 200
refused "nothing is certified" 1 "the site is locked" certify c "Bench 11"
refused "nobody is restored: who would check the shares?" 1 "the site is locked" restore "$one $two" CW-1 "without a keeper"
# at a terminal: a mistyped share is asked for again, and none is shown
: >"$work/terminal"
(wait_for 5 grep -q 'row 1' "$work/terminal"; cat "$one" "$work/typo" "$two") |
    script -qfec "casemate unlock '$site'" /dev/null >>"$work/terminal" 2>&1
says "a custodian's slip is named, and the share asked for again" "$(cat "$work/terminal")" "Row 3 of the share is mistyped. Type it again."
says "custodians unlock it again" "$(cat "$work/terminal")" "unlocked"
is "nothing that they type is shown" "$(grep -cF -f "$one" "$work/terminal") $(grep -cF -f "$two" "$work/terminal")" "0 0"
wait_for 10 all_ready || give_up "not every process is ready"
check "and it is served" wait_for 5 in_force a
is "no process was ended by its own filter" "$(grep -c 'its own filter' "$site/log")" 0
check "it stops" casemate stop --site "$site"
stopped() { [ ! -e "$site/console.sock" ]; }
wait_for 10 stopped || give_up "it does not stop"
echo nonsense >"$site/piv-issuers.pem"
check "it starts again" casemate site start "$site"
check "and needs its custodians again" unlock "$two" "$three"
says_why() { grep -q 'piv-issuers.pem must hold' "$site/log"; }
check "a file of issuers that is none is said so" wait_for 10 says_why
is_ready() { [ "$(state gateway e7k2m9qa)" = ready ] && [ "$(state gateway)" != ready ]; }
check "and only the entry stays down" wait_for 10 is_ready

echo "1..$tests"
[ "$failed" -eq 0 ]
