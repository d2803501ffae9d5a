# The build itself, run inside a Debian 13 root (or on Debian 13).
# One static archive per floor, one object list per program: the list is the
# reviewer's reading list.

B := build
CC ?= gcc
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
        -Wno-format-nonliteral -Wpointer-arith -Wundef -Werror
HARDEN := -O2 -g -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection \
          -fcf-protection=full -fPIE -fno-strict-aliasing
CFLAGS_ALL := -std=gnu17 -D_GNU_SOURCE -I. -I$(B)/gen -DSQLITE_HAS_CODEC -I/usr/include/sqlcipher \
              $(WARN) $(HARDEN) -MMD -MP
LDFLAGS_ALL := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
ifdef SANITIZE
B := build/sanitized
HARDEN := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LDFLAGS_ALL := -fsanitize=address,undefined
endif

# ---- floors ----
CRYPTO := $(patsubst %.c,%.o,$(wildcard crypto/*.c))
POLICY := $(filter-out %_main.o,$(patsubst %.c,%.o,$(wildcard policy/*.c policy/extension/*.c)))
PROCESS := $(patsubst %.c,%.o,$(wildcard enclave/process/*.c)) gen/build_id.o
STORE := $(patsubst %.c,%.o,$(wildcard enclave/store/*.c)) gen/store_sql.o
AUDIT := $(filter-out %_main.o,$(patsubst %.c,%.o,$(wildcard enclave/audit/*.c)))
MES := $(patsubst %.c,%.o,$(wildcard appliance/mes/*.c appliance/mes/*/*.c)) appliance/operation.o appliance/body.o \
       appliance/event.o appliance/decide.o appliance/answer.o appliance/identity/token.o appliance/identity/snapshot.o
TRANSFER := $(filter-out %_main.o transfer/tool% transfer/file.o,$(patsubst %.c,%.o,$(wildcard transfer/*.c)))

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
$(eval $(call floor,transfer,$(TRANSFER)))
$(eval $(call floor,mes,$(MES)))

# ---- programs: objects, archives, libraries ----
PROGRAMS :=
# program NAME, its own objects, archives, libraries
define program
PROGRAMS += $(B)/bin/$(1)
$(B)/bin/$(1): $$(call o,$(2)) $(foreach a,$(3),$(B)/lib/$(a).a)
	@mkdir -p $$(@D); echo "  ld $(1)"
	@$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $(4)
endef
SHELL_LIBS := -lseccomp -lsodium
$(eval $(call program,supervisor,appliance/supervisor/supervisor_main.o appliance/supervisor/config.o \
  appliance/supervisor/child.o appliance/supervisor/site.o appliance/supervisor/console.o,process crypto,$(SHELL_LIBS)))
$(eval $(call program,keeper,enclave/keys/keeper_main.o,process crypto,$(SHELL_LIBS)))
$(eval $(call program,hasher,appliance/identity/hasher_main.o,process crypto,$(SHELL_LIBS)))

IDENTITY := $(filter-out %/hasher_main.o,$(patsubst %.c,%.o,$(wildcard appliance/identity/*.c)))
$(eval $(call program,identity,$(IDENTITY) appliance/operation.o appliance/body.o appliance/answer.o appliance/event.o appliance/decide.o,transfer store process policy crypto,$(SHELL_LIBS) -lsqlcipher -lyyjson -lcrypto))
$(eval $(call program,auditor,enclave/audit/auditor_main.o,audit store process crypto,$(SHELL_LIBS) -laudit))
$(eval $(call program,guard-a,transfer/guard_a/guard_a_main.o transfer/guard_a/judge.o,transfer process crypto,$(SHELL_LIBS)))
$(eval $(call program,guard-b,$(patsubst %.c,%.o,$(wildcard transfer/guard_b/*.c)),process crypto,$(SHELL_LIBS)))
$(eval $(call program,intake,transfer/intake_main.o,transfer process crypto,$(SHELL_LIBS)))
$(eval $(call program,casemate-policy,$(patsubst %.c,%.o,$(wildcard policy/*.c policy/extension/*.c)),,))
$(eval $(call program,casemate-bundle,transfer/bundle_main.o $(patsubst %.c,%.o,$(wildcard transfer/tool*.c)) transfer/file.o,transfer crypto,-lsodium))
WORKER := $(patsubst %.c,%.o,$(wildcard appliance/worker/*.c))
$(eval $(call program,worker,$(WORKER),mes transfer store process policy crypto,$(SHELL_LIBS) -lsqlcipher -lyyjson -lcrypto))

$(eval $(call program,gateway,appliance/gateway/gateway_main.o appliance/gateway/route.o appliance/gateway/reply.o \
  appliance/gateway/assets.o appliance/operation.o appliance/answer.o,process crypto,$(SHELL_LIBS) -lmicrohttpd))

# ---- the page ----
UI_SOURCES := $(shell find appliance/ui -type f -not -path '*/node_modules/*' 2>/dev/null) appliance/operations.def appliance/answers.def
build/ui/index.html: $(UI_SOURCES)
	@echo "  ui"; sh appliance/ui/build.sh build/ui
build/ui/app.js build/ui/app.css: build/ui/index.html
$(B)/obj/appliance/gateway/assets.o: build/ui/index.html build/ui/app.js build/ui/app.css

$(eval $(call program,casemate,$(patsubst %.c,%.o,$(wildcard appliance/cli/*.c)) appliance/supervisor/config.o appliance/operation.o appliance/body.o appliance/answer.o,transfer store process crypto,$(SHELL_LIBS) -lsqlcipher -lyyjson -lcrypto))
$(B)/obj/appliance/cli/data.o: $(wildcard policy/site/*.cedar appliance/training/*.json appliance/training/*.svg)

all: $(PROGRAMS)
	@echo "casemate: built in $(B)/bin"

run: all
	@$(B)/bin/casemate training create $(CASEMATE_SITES)/training
	@$(B)/bin/casemate training start $(CASEMATE_SITES)/training
stop: all
	@$(B)/bin/casemate training stop $(CASEMATE_SITES)/training
.PHONY: all run stop check bench faults fuzz layers format format-check clean

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
	clang-format -i $(C_FILES)
format-check:
	clang-format --dry-run -Werror $(C_FILES)
layers:
	sh tests/layers.sh
clean:
	rm -rf build
