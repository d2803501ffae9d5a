# Casemate.  `make help` lists what can be asked for.
#
# Outside a Debian 13 root every target is passed on to image/buildroot/enter,
# which makes one (or installs what is missing, on Debian 13 itself) and runs
# the same make inside.

.DEFAULT_GOAL := all
TARGETS := all check tests fuzzers run stop bench bench-10m faults fuzz layers format format-check clean

ifeq ($(CASEMATE_INSIDE),)

.PHONY: $(TARGETS) shell exec help
$(TARGETS):
	@image/buildroot/enter $(MAKE) --no-print-directory $@ $(MAKEOVERRIDES)
shell:
	@image/buildroot/enter env PATH="$(CURDIR)/build/bin:$$PATH" bash
exec:
	@image/buildroot/enter env PATH="$(CURDIR)/build/bin:$$PATH" sh -c '$(CMD)'
help:
	@sed -n 's/^## //p' Makefile

else

## make            build everything
## make run        build, create the training site, start it, show how to sign in
## make stop       stop the training site
## make check      every test; ends with "N passed, N failed"
## make bench      the figures           [FIGURE=NAME]
## make bench-10m  those of a store of ten million events: a few minutes, 4 GB
## make faults     the fault campaign    [FIGURE=NAME KILLS=20 PAIRS=2]
## make fuzz       the fuzzers           [SECONDS_EACH=60]
## make coverage   branches that the tests take
## make proofs     the decoders, proved by CBMC up to a bound   [LENGTH=200]
## make layers     includes point only down
## make format     clang-format in place
## make shell      a shell where the product is built; it finds `casemate`
## make exec CMD=… one command there, such as CMD='casemate status'

include image/build.mk

endif
