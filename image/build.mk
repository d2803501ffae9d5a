# The build itself, run inside a Debian 13 root (or on Debian 13).
# One static archive per floor, one object list per program: the list is the
# reviewer's reading list.

B := build
CC := gcc
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
        -Wno-format-nonliteral -Wpointer-arith -Wundef -Werror
HARDEN := -O2 -g -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection \
          -fcf-protection=full -fPIE -fno-strict-aliasing
CFLAGS_ALL = -std=gnu17 -D_GNU_SOURCE -I. -I$(B)/gen -DSQLITE_HAS_CODEC -I/usr/include/sqlcipher \
              $(WARN) $(HARDEN) -MMD -MP
LDFLAGS_ALL := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
ifdef CLANG
B := build/clang
CC := clang
endif
ifdef SANITIZE
B := build/sanitized
HARDEN := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LDFLAGS_ALL := -fsanitize=address,undefined
endif

ifdef COVERAGE
B := build/coverage
HARDEN := -O0 -g --coverage -fprofile-update=atomic
LDFLAGS_ALL := --coverage -Wl,--wrap=_exit build/coverage/exit.o
endif

# ---- floors ----
CRYPTO := $(patsubst %.c,%.o,$(wildcard crypto/*.c))
POLICY := $(filter-out %_main.o policy/command%,$(patsubst %.c,%.o,$(wildcard policy/*.c policy/*/*.c)))
PROCESS := $(patsubst %.c,%.o,$(wildcard enclave/process/*.c)) gen/build_id.o
STORE := $(patsubst %.c,%.o,$(wildcard enclave/store/*.c)) gen/store_sql.o
AUDIT := $(filter-out %_main.o,$(patsubst %.c,%.o,$(wildcard enclave/audit/*.c)))
KEYS := $(filter-out enclave/keys/keeper% enclave/keys/tpm.o,$(patsubst %.c,%.o,$(wildcard enclave/keys/*.c)))
MES := $(patsubst %.c,%.o,$(wildcard appliance/mes/*.c appliance/mes/*/*.c)) appliance/operation.o appliance/body.o \
       appliance/event.o appliance/decide.o appliance/answer.o appliance/attribute.o appliance/holder.o appliance/schema.o appliance/policy_set.o appliance/station.o \
       appliance/quota.o appliance/audit_class.o \
       appliance/identity/token.o appliance/identity/snapshot.o
TRANSFER := $(filter-out %_main.o transfer/tool%,$(patsubst %.c,%.o,$(wildcard transfer/*.c)))

o = $(addprefix $(B)/obj/,$(1))
archive = $(B)/lib/$(1).a
define floor
$(B)/lib/$(1).a: $$(call o,$(2)); @mkdir -p $$(@D); rm -f $$@; ar rcsD $$@ $$^
endef
$(eval $(call floor,crypto,$(CRYPTO)))
$(eval $(call floor,policy,$(POLICY)))
$(eval $(call floor,process,$(PROCESS)))
$(eval $(call floor,store,$(STORE)))
$(eval $(call floor,audit,$(AUDIT)))
$(eval $(call floor,keys,$(KEYS)))
$(eval $(call floor,transfer,$(TRANSFER)))
$(eval $(call floor,mes,$(MES)))

# ---- programs: objects, archives, libraries ----
PROGRAMS :=
# program NAME, its own objects, archives, libraries; and the same for tests/system/10-production.sh
# on a machine that cannot lock memory (tests/system/unlocked.c)
TEST_PROGRAMS :=
define program
PROGRAMS += $(B)/bin/$(1)
$(B)/bin/$(1): $$(call o,$(2)) $(foreach a,$(3),$(B)/lib/$(a).a)
	@mkdir -p $$(@D); echo "  ld $(1)"
	@$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $(4)
TEST_PROGRAMS += $(B)/tests/bin/$(1)
$(B)/tests/bin/$(1): $$(call o,tests/system/unlocked.o $(2)) $(foreach a,$(3),$(B)/lib/$(a).a)
	@mkdir -p $$(@D); echo "  ld $(1), for tests"
	@$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $(4)
endef
SHELL_LIBS := -lseccomp -lsodium
TLS_LIBS := -lgnutls -lhogweed -lnettle -lgmp
$(eval $(call program,supervisor,appliance/supervisor/supervisor_main.o appliance/supervisor/config.o \
  appliance/supervisor/child.o appliance/supervisor/ground.o appliance/supervisor/site.o appliance/supervisor/report.o appliance/supervisor/console.o appliance/supervisor/closure.o,process crypto,$(SHELL_LIBS)))
$(eval $(call program,keeper,$(patsubst %.c,%.o,$(wildcard enclave/keys/keeper*.c)) enclave/keys/tpm.o enclave/store/library.o,keys process crypto,$(SHELL_LIBS) -ltss2-esys -ltss2-mu -lcrypto))
$(eval $(call program,backup,$(patsubst %.c,%.o,$(wildcard enclave/backup/*.c)),process crypto,$(SHELL_LIBS)))
$(eval $(call program,hasher,appliance/identity/hasher_main.o,process crypto,$(SHELL_LIBS)))

IDENTITY := $(filter-out %/hasher_main.o,$(patsubst %.c,%.o,$(wildcard appliance/identity/*.c)))
$(eval $(call program,identity,$(IDENTITY) appliance/station.o appliance/operation.o appliance/body.o appliance/answer.o appliance/event.o appliance/decide.o appliance/attribute.o appliance/holder.o appliance/schema.o appliance/policy_set.o appliance/quota.o appliance/audit_class.o,transfer store process policy crypto,$(SHELL_LIBS) -lsqlcipher -lyyjson -lfido2 -lcrypto))
$(eval $(call program,auditor,enclave/audit/auditor_main.o,audit store process crypto,$(SHELL_LIBS) -laudit -lcrypto))
$(eval $(call program,guard-a,transfer/guard_a/guard_a_main.o transfer/guard_a/judge.o,transfer process crypto,$(SHELL_LIBS)))
$(eval $(call program,guard-b,$(patsubst %.c,%.o,$(wildcard transfer/guard_b/*.c)),process crypto,$(SHELL_LIBS)))
$(eval $(call program,intake,transfer/intake_main.o,transfer process crypto,$(SHELL_LIBS)))
$(eval $(call program,casemate-policy,$(patsubst %.c,%.o,$(wildcard policy/policy_main.c policy/command*.c)),policy,-lzstd))
$(eval $(call program,casemate-bundle,transfer/bundle_main.o $(patsubst %.c,%.o,$(wildcard transfer/tool*.c)),transfer crypto,-lsodium))
WORKER := $(patsubst %.c,%.o,$(wildcard appliance/worker/*.c))
$(eval $(call program,worker,$(WORKER),mes transfer store process policy crypto,$(SHELL_LIBS) -lsqlcipher -lyyjson -lcrypto))

TLS := appliance/tls/key.o appliance/tls/certificate.o appliance/station.o
$(eval $(call program,gateway,$(patsubst %.c,%.o,$(wildcard appliance/gateway/*.c)) $(TLS) \
  appliance/operation.o appliance/answer.o appliance/quota.o,process crypto,$(SHELL_LIBS) -lmicrohttpd $(TLS_LIBS)))
$(eval $(call program,certifier,appliance/tls/certifier_main.o $(TLS),process crypto,$(SHELL_LIBS) $(TLS_LIBS)))

# ---- the page ----
UI_SOURCES := $(shell find appliance/ui -type f -not -path '*/node_modules/*' 2>/dev/null) appliance/operations.def appliance/answers.def appliance/attribute.def appliance/identity/glass.def
build/ui/index.html: $(UI_SOURCES)
	@echo "  ui"; sh appliance/ui/build.sh build/ui
build/ui/app.js build/ui/app.css: build/ui/index.html
$(B)/obj/appliance/gateway/assets.o: build/ui/index.html build/ui/app.js build/ui/app.css

$(eval $(call program,casemate,$(patsubst %.c,%.o,$(wildcard appliance/cli/*.c)) enclave/backup/backup.o $(TLS) appliance/supervisor/config.o appliance/operation.o appliance/body.o appliance/answer.o appliance/event.o,transfer audit store keys process crypto,$(SHELL_LIBS) -lsqlcipher -lyyjson -lcrypto $(TLS_LIBS)))
$(B)/obj/appliance/cli/data.o: $(wildcard policy/site/*.cedar appliance/training/*.json appliance/training/*.svg)

all: $(PROGRAMS)
	@echo "casemate: built in $(B)/bin"

# ---- the training site ----
# The programs are copied to where every uid of the site may execute them, wherever this
# checkout lies; when they have changed the site is stopped first.
SITES := $(CASEMATE_SITES)
SITE := $(SITES)/training
run: all
	@test -e $(SITE)/console.sock && ! cmp -s $(B)/bin/worker $(SITES)/bin/worker && \
	    $(SITES)/bin/casemate training stop $(SITE) || :
	@mkdir -p $(SITES)/bin && chmod 0755 $(SITES)/bin
	@cmp -s $(B)/bin/worker $(SITES)/bin/worker && cmp -s $(B)/bin/casemate $(SITES)/bin/casemate || \
	    install -m 0755 $(B)/bin/* $(SITES)/bin/
	@$(SITES)/bin/casemate training create $(SITE)
	@$(SITES)/bin/casemate training start $(SITE)
stop:
	@$(SITES)/bin/casemate training stop $(SITE)
.PHONY: coverage proofs all run stop check tests bench bench-10m faults fuzz layers format format-check clean

# ---- tests: each test_*.c is a program; it is linked with what it uses of every floor ----
T := $(B)/tests
TESTS := $(patsubst %.c,$(T)/%,$(shell find tests -name 'test_*.c' | sort))
ALL_ARCHIVES := $(foreach a,mes transfer store audit keys process policy crypto,$(B)/lib/$(a).a)
TPM_LIBS := -ltss2-esys -ltss2-mu -lcrypto
TEST_LIBS := -lcmocka $(TPM_LIBS) -lsqlcipher -lyyjson -lfido2 -lcrypto -lseccomp -lsodium $(TLS_LIBS)
GUARD_B := $(filter-out %_main.o,$(patsubst %.c,%.o,$(wildcard transfer/guard_b/*.c)))
# the state machines and judges of identity, which know no process and no clock
PROOFS := $(addprefix appliance/identity/,session.o lockout.o webauthn.o credential.o challenge.o piv.o glass.o pin_rule.o)
# what a test needs beside the archives
extra = $(if $(filter tests/transfer/guard_b/%,$(1)),tests/transfer/guard_b/world.o $(GUARD_B),\
        $(if $(filter tests/transfer/%,$(1)),tests/transfer/fixture.o transfer/guard_a/judge.o)) \
        $(if $(filter tests/appliance/worker/%,$(1)),appliance/worker/projector.o appliance/worker/known.o appliance/worker/budget.o appliance/worker/retry.o appliance/worker/tables.o) \
        $(if $(filter tests/appliance/identity/%,$(1)),$(PROOFS) tests/appliance/identity/key.o tests/appliance/identity/authority.o) \
        $(if $(filter %/test_http,$(1)),appliance/cli/http.o) \
        $(if $(filter %/test_pin,$(1)),appliance/cli/pin.o appliance/cli/cli.o) \
        $(if $(filter tests/appliance/tls/%,$(1)),$(TLS)) \
        $(if $(filter tests/appliance/gateway/%,$(1)),appliance/gateway/stations.o) \
        $(if $(filter %/test_tpm,$(1)),enclave/keys/tpm.o) \
        $(if $(filter %/test_people,$(1)),appliance/worker/people.o) \
        $(if $(filter %/test_batch,$(1)),appliance/worker/batch.o) \
        $(if $(filter %/test_late %/test_full %/test_older,$(1)),$(filter-out %_main.o,$(WORKER)) simulated/appliance/worker/worker_main.o simulated/enclave/audit/auditor_main.o tests/simulator/box.o tests/simulator/roster.o) \
        $(if $(filter %/test_backup,$(1)),enclave/backup/backup.o) \
        $(if $(filter %/test_config,$(1)),appliance/supervisor/config.o) \
        $(if $(filter tests/appliance/identity/test_record tests/appliance/identity/test_forget,$(1)),appliance/identity/record.o appliance/identity/room.o appliance/identity/forget.o) \
        $(if $(filter %/test_disk,$(1)),$(if $(filter tests/faults/%,$(1)),tests/faults/disk.o tests/faults/disk_state.o)) \
        $(if $(filter tests/enclave/audit/test_auditor% tests/enclave/audit/test_journal_lines,$(1)),simulated/enclave/audit/auditor_main.o $(addprefix tests/faults/,disk.o disk_state.o machine.o)) \
        $(if $(filter tests/sandbox/%,$(1)),tests/sandbox/confined.o)
.SECONDEXPANSION:
# any of them may let memory run out: tests/faults/memory.h
MEMORY_FLAGS := $(foreach f,malloc calloc realloc strdup,-Wl,--wrap=$(f))
$(T)/%: $$(call o,$$*.o) $$(call o,$$(call extra,$$*)) $(call o,tests/faults/memory.o) $(ALL_ARCHIVES)
	@mkdir -p $(@D); echo "  ld $*"
	@$(CC) $(LDFLAGS_ALL) $(MEMORY_FLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(TEST_LIBS)
$(addprefix $(T)/tests/appliance/worker/,test_late test_full test_older): TEST_LIBS += -laudit
test-programs: $(TEST_PROGRAMS)
tests: $(TESTS) $(T)/make_bundle $(T)/inside $(T)/differ $(T)/key $(T)/expired $(T)/forge $(T)/ring $(T)/store $(T)/canary $(T)/message
$(T)/inside: $(call o,tests/sandbox/inside_main.o)
	@mkdir -p $(@D); echo "  ld inside"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^
# what an attacker inside a process says on its channels
$(T)/message: $(call o,tests/sandbox/message_main.o) $(foreach a,process crypto,$(B)/lib/$(a).a)
	@mkdir -p $(@D); echo "  ld message"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SHELL_LIBS)
$(T)/make_bundle: $(call o,tests/transfer/make_bundle.o tests/transfer/fixture.o) $(ALL_ARCHIVES)
	@mkdir -p $(@D); echo "  ld make_bundle"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(TEST_LIBS)

# a security key for the system tests
$(T)/key: $(call o,tests/system/key_main.o tests/appliance/identity/key.o) $(B)/lib/crypto.a
	@mkdir -p $(@D); echo "  ld key"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcrypto -lsodium

# a certificate that a site does not make
$(T)/expired: $(call o,tests/system/expired_main.o $(TLS)) $(foreach a,keys process crypto,$(B)/lib/$(a).a)
	@mkdir -p $(@D); echo "  ld expired"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SHELL_LIBS) $(TLS_LIBS)

# a key ring from outside: a site from before there was one, and keys to search for
$(T)/ring: $(call o,tests/system/ring_main.o) $(foreach a,transfer store keys process crypto,$(B)/lib/$(a).a)
	@mkdir -p $(@D); echo "  ld ring"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SHELL_LIBS) -lsqlcipher -lyyjson -lcrypto

# words that identity never said
$(T)/forge: $(call o,tests/system/forge_main.o appliance/identity/token.o) $(foreach a,keys process crypto,$(B)/lib/$(a).a)
	@mkdir -p $(@D); echo "  ld forge"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SHELL_LIBS)

# who holds the disk and the key, behind the worker's back
$(T)/store: $(call o,tests/system/store_main.o) $(foreach a,store keys process crypto,$(B)/lib/$(a).a)
	@mkdir -p $(@D); echo "  ld store"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ -lsqlcipher -lcrypto -lseccomp -lsodium

# what must be in no file and nobody else's memory
$(T)/canary: $(call o,tests/system/canary_main.o) $(foreach a,store keys process crypto,$(B)/lib/$(a).a)
	@mkdir -p $(@D); echo "  ld canary"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SHELL_LIBS) -lsqlcipher -lcrypto

# our side of the comparison with the official engine
$(T)/differ: $(call o,tests/policy/differential/differ_main.o policy/command.o) $(B)/lib/policy.a
	@mkdir -p $(@D); echo "  ld differ"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^

# ---- figures ----
$(B)/bench/bench: $(call o,tests/bench/bench_main.o tests/bench/figure.o tests/bench/direct.o appliance/worker/projector.o appliance/worker/tables.o tests/bench/load.o tests/bench/plan.o) $(ALL_ARCHIVES)
	@mkdir -p $(@D); echo "  ld bench"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lsqlcipher -lyyjson -lcrypto -lseccomp -lsodium
$(B)/bench/log: $(call o,tests/bench/log_main.o appliance/worker/projector.o appliance/worker/tables.o) $(ALL_ARCHIVES)
	@mkdir -p $(@D); echo "  ld log"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lsqlcipher -lyyjson -lcrypto -lseccomp -lsodium
$(B)/bench/commit: $(call o,tests/bench/commit_main.o tests/bench/figure.o tests/bench/direct.o appliance/worker/projector.o appliance/worker/tables.o) $(ALL_ARCHIVES)
	@mkdir -p $(@D); echo "  ld commit"
	@$(CC) $(LDFLAGS_ALL) -Wl,--wrap=sqlite3_key_v2 -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lsqlcipher -lyyjson -lcrypto -lseccomp -lsodium
$(B)/bench/stations: $(call o,tests/bench/stations_main.o $(addprefix tests/bench/,figure.o hello.o load.o plan.o)) $(ALL_ARCHIVES)
	@mkdir -p $(@D); echo "  ld stations"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lmicrohttpd -lyyjson -lsodium
$(B)/bench/tls: $(call o,tests/bench/tls_main.o tests/bench/figure.o tests/bench/hello.o) $(foreach a,process crypto,$(B)/lib/$(a).a)
	@mkdir -p $(@D); echo "  ld tls"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ -lmicrohttpd -lssl -lcrypto $(SHELL_LIBS)
$(B)/bench/cold: $(call o,tests/bench/cold_main.o tests/bench/figure.o tests/bench/load.o tests/bench/plan.o) $(foreach a,process crypto,$(B)/lib/$(a).a)
	@mkdir -p $(@D); echo "  ld cold"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SHELL_LIBS)
$(B)/bench/copy: $(call o,tests/bench/copy_main.o tests/bench/figure.o tests/bench/direct.o appliance/worker/projector.o appliance/worker/tables.o enclave/backup/backup.o) $(ALL_ARCHIVES)
	@mkdir -p $(@D); echo "  ld copy"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lsqlcipher -lyyjson -lcrypto -lseccomp -lsodium
$(B)/bench/many: $(call o,tests/bench/many_main.o tests/bench/figure.o tests/bench/direct.o appliance/worker/projector.o appliance/worker/tables.o) $(ALL_ARCHIVES)
	@mkdir -p $(@D); echo "  ld many"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lsqlcipher -lyyjson -lcrypto -lseccomp -lsodium
$(B)/bench/signin: $(call o,tests/bench/signin_main.o tests/bench/load.o tests/bench/plan.o) $(ALL_ARCHIVES)
	@mkdir -p $(@D); echo "  ld signin"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lsodium
$(B)/bench/faults: $(call o,tests/faults/faults_main.o tests/bench/load.o tests/bench/plan.o) $(ALL_ARCHIVES)
	@mkdir -p $(@D); echo "  ld faults"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lsodium
# faults below the programs: the mounted disk and the made-up machine in place of os.o
FAULT_PARTS := $(addprefix tests/faults/,disk.o disk_state.o disk_vfs.o machine.o trace.o trace_check.o)
$(B)/faults/%: $(call o,tests/faults/%_main.o $(FAULT_PARTS)) $(ALL_ARCHIVES)
	@mkdir -p $(@D); echo "  ld $*"
	@$(CC) $(LDFLAGS_ALL) $(FAULT_FLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lsqlcipher -lyyjson -lcrypto -lseccomp -lsodium
$(B)/faults/kth: $(call o,tests/faults/memory.o)
$(B)/faults/kth: FAULT_FLAGS = $(MEMORY_FLAGS)
# the real worker and auditor in a made-up box: their mains have another name
SIMULATOR := $(patsubst %.c,%.o,$(wildcard tests/simulator/*.c)) $(addprefix tests/faults/,disk.o disk_state.o disk_vfs.o machine.o memory.o) \
  $(filter-out %_main.o,$(WORKER)) simulated/appliance/worker/worker_main.o simulated/enclave/audit/auditor_main.o
$(B)/obj/simulated/%_main.o: %_main.c
	@mkdir -p $(@D); echo "  cc $<, without its main"
	@$(CC) $(CFLAGS_ALL) -Wno-missing-prototypes -Dmain=$(subst /,_,$*)_main -c -o $@ $<
$(B)/faults/simulator: $(call o,$(SIMULATOR)) $(ALL_ARCHIVES)
	@mkdir -p $(@D); echo "  ld simulator"
	@$(CC) $(LDFLAGS_ALL) $(MEMORY_FLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lsqlcipher -lyyjson -lcrypto -lseccomp -lsodium -laudit
$(B)/bench/decide: $(call o,tests/bench/decide_main.o policy/command.o) $(B)/lib/policy.a
	@mkdir -p $(@D); echo "  ld decide"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^
$(B)/bench/impact: $(call o,tests/bench/impact_main.o policy/command.o) $(B)/lib/policy.a
	@mkdir -p $(@D); echo "  ld impact"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^
$(B)/bench/officer: $(call o,tests/bench/officer_main.o tests/bench/load.o) $(ALL_ARCHIVES)
	@mkdir -p $(@D); echo "  ld officer"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lsodium -lm
bench: all test-programs $(B)/bench/commit $(B)/bench/stations $(B)/bench/tls $(B)/bench/cold $(B)/bench/copy $(B)/bench/officer $(B)/bench/bench $(B)/bench/signin $(B)/bench/decide $(B)/bench/impact
	@FIGURE=$(FIGURE) sh tests/bench/run.sh
bench-10m: $(B)/bench/many
	@sh tests/bench/many.sh
FAULT_PROGRAMS := $(addprefix $(B)/faults/,power_cut kth flips core simulator)
fault-programs: $(FAULT_PROGRAMS)
# SEED and COUNT are the campaign's below the programs, KILLS that of the programs
faults: all $(B)/bench/faults fault-programs
	@FIGURE=$(FIGURE) KILLS=$(KILLS) PAIRS=$(PAIRS) sh tests/faults/run.sh
	@FIGURE=$(FIGURE) sh tests/faults/below.sh long
	@sh tests/faults/ledger.sh

# ---- fuzzers: clang, all of it ----
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
F := build/fuzz
FUZZ_SOURCES := $(wildcard crypto/*.c) $(filter-out policy/policy_main.c policy/command%,$(wildcard policy/*.c policy/*/*.c)) \
  $(wildcard enclave/process/*.c enclave/store/*.c enclave/backup/backup.c enclave/audit/journal.c enclave/audit/segment.c enclave/audit/segment_check.c enclave/audit/intents.c) $(KEYS:.o=.c) \
  $(filter-out %_main.c transfer/tool%,$(wildcard transfer/*.c transfer/guard_a/judge.c)) \
  $(wildcard appliance/mes/*.c appliance/mes/*/*.c) appliance/operation.c appliance/body.c appliance/answer.c appliance/event.c \
  appliance/decide.c appliance/attribute.c appliance/holder.c appliance/schema.c appliance/policy_set.c appliance/identity/token.c appliance/identity/snapshot.c \
  $(PROOFS:.o=.c) tests/appliance/identity/key.c tests/appliance/identity/authority.c appliance/supervisor/config.c appliance/cli/http.c \
  appliance/station.c appliance/tls/key.c appliance/tls/certificate.c build/gen/build_id.c build/gen/store_sql.c
FUZZ_FLAGS := -std=gnu17 -D_GNU_SOURCE -I. -Ibuild/gen -DSQLITE_HAS_CODEC -I/usr/include/sqlcipher -O1 -g -fno-omit-frame-pointer \
  -fsanitize=address,undefined -fno-sanitize-recover=all
$(F)/obj/%.o: %.c
	@mkdir -p $(@D); echo "  clang $<"
	@clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<
$(F)/all.a: $(patsubst %.c,$(F)/obj/%.o,$(FUZZ_SOURCES))
	@rm -f $@; ar rcsD $@ $^
$(F)/guard_b.a: $(patsubst %.o,$(F)/obj/%.o,$(GUARD_B) tests/transfer/guard_b/world.o)
	@rm -f $@; ar rcsD $@ $^
$(F)/fuzz_%: $(F)/obj/tests/fuzz/fuzz_%.o $(F)/all.a $(F)/guard_b.a
	@echo "  ld fuzz_$*"
	@clang $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ -lsqlcipher -lyyjson -lfido2 -lcrypto -lseccomp -lsodium $(TLS_LIBS)
-include $(shell find $(F)/obj -name '*.d' 2>/dev/null)
fuzzers: $(addprefix $(F)/,$(FUZZERS))
coverage:
	@mkdir -p build/coverage; [ build/coverage/exit.o -nt tests/coverage_exit.c ] || \
	    { rm -rf build/coverage/tests build/coverage/faults; gcc -O1 -c -o build/coverage/exit.o tests/coverage_exit.c; }
	@$(MAKE) --no-print-directory -j2 COVERAGE=1 tests fault-programs build/coverage/bin/casemate-policy >/dev/null
	@sh tests/coverage.sh
proofs:
	@sh tests/proofs/run.sh
fuzz: fuzzers
	@sh tests/fuzz/run.sh $(or $(SECONDS_EACH),60) $(addprefix $(F)/,$(FUZZERS))

check:
	@echo "casemate: building the programs"; $(MAKE) --no-print-directory -j2 all $(B)/bench/faults fault-programs >/dev/null
	@echo "casemate: building the tests, with address and undefined-behaviour checks"; \
	    $(MAKE) --no-print-directory -j2 SANITIZE=1 tests >/dev/null
	@echo "casemate: building the sandbox's tests"; $(MAKE) --no-print-directory -j2 build/tests/tests/sandbox/test_sandbox \
	    build/tests/tests/transfer/guard_b/test_run build/tests/inside build/tests/differ build/tests/key build/tests/expired build/tests/forge build/tests/ring build/tests/store build/tests/canary build/tests/message test-programs >/dev/null
	@echo "casemate: building the fuzzers"; $(MAKE) --no-print-directory -j2 fuzzers >/dev/null
	@echo "casemate: building the programs with clang, warnings as errors"; \
	    $(MAKE) --no-print-directory -j2 CLANG=1 all >/dev/null
	@sh tests/check.sh

# ---- rules ----
$(B)/obj/%.o: %.c
	@mkdir -p $(@D); echo "  cc $<"
	@$(CC) $(CFLAGS_ALL) -c -o $@ $<
$(B)/obj/gen/%.o: $(B)/gen/%.c
	@mkdir -p $(@D); echo "  cc $<"
	@$(CC) $(CFLAGS_ALL) -c -o $@ $<

SOURCES := $(shell find appliance crypto enclave policy transfer -name '*.[ch]' -o -name '*.def' -o -name '*.sql')
$(B)/gen/build_id.c: $(SOURCES)
	@mkdir -p $(@D)
	@{ printf '#include "enclave/process/process.h"\nconst uint8_t process_build[32] = {'; \
	   cat $(sort $(SOURCES)) | b2sum -l 256 | cut -c1-64 | sed 's/../0x&,/g'; \
	   printf '};\n'; } > $@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }

# SQL files become C strings, in the order of their names.
$(B)/gen/store_sql.c: $(wildcard enclave/store/sql/*.sql)
	@mkdir -p $(@D)
	@{ printf '#include "enclave/store/schema.h"\nconst char *const store_migrations[] = {\n'; \
	   for f in $(sort $^); do sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$$/\\n"/' $$f; printf ',\n'; done; \
	   printf 'NULL};\n'; } > $@

.SECONDARY:
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

# ---- tidiness ----
C_FILES = $(shell git ls-files -co --exclude-standard -- '*.c' '*.h')
format:
	@clang-format -i $(C_FILES)
format-check:
	@clang-format --dry-run -Werror $(C_FILES)
layers:
	sh tests/layers.sh
clean:
	rm -rf build
