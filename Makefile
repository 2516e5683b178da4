# The commands of this project; `make help` lists them. meson and ninja do the work behind them.
BUILD ?= build
SETUP = tools/setup

.DEFAULT_GOAL = help
.PHONY: help setup setup-test build build-test deb test-package run soak-mqtt test-homeassistant test-influx test test-cluster cluster-demo test-fair test-faults test-fresh test-machine test-machine-arm64 bench fuzz examples clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

setup: ## install and build what building and running need (done by the others too)
	@$(SETUP)

# Not in the list: what the tests need beside that.
setup-test:
	@$(SETUP) test

build-test: setup-test
	@tools/build $(BUILD) -Dtests=enabled

build: setup ## build/harvester, build/harvester-guest and the Python runtime
	@tools/build $(BUILD)

# The architecture that packages are made for. Another one than this machine's is built in a folder of its own.
NATIVE := $(shell dpkg --print-architecture 2>/dev/null)
ARCH ?= $(NATIVE)
ifeq ($(ARCH),$(NATIVE))
PACKAGED = $(BUILD)
deb: build ## build/harvester_VERSION_ARCH.deb, the Debian package; ARCH=arm64: build-arm64/…, cross-built (as root)
	@$(SETUP) deb
	@tools/deb $(BUILD)
else
PACKAGED = $(BUILD)-$(ARCH)
deb:
	@tools/build-cross $(ARCH) $(PACKAGED)
	@tools/build-cross $(ARCH) deb $(PACKAGED)
endif

PLUGINS ?= plugins
CONFIG ?= config/$(if $(filter plugins/extra%,$(PLUGINS)),extra,demo).toml
run: build ## live readings of simulated sensors, here and on http://127.0.0.1:3000; PLUGINS=plugins/extra for more of them
	@$(BUILD)/harvester run --config $(CONFIG) --plugins $(PLUGINS) --data $${HARVESTER_DATA:-$(BUILD)/data}

test: setup-test ## every test
	@tools/test

test-cluster: build-test ## three voters and three members under random faults (FAULTS=500); needs root
	@tools/test-cluster $(FAULTS)

cluster-demo: setup-test ## three nodes, three servers and a hub outside on this machine; keys kill the leader
	@tools/setup-cluster
	@tools/build build-cluster -Dtests=enabled -Dcluster=enabled
	@HARVESTER_BUILD=$(CURDIR)/build-cluster $$(tools/cache-dir)/venv/bin/python tools/cluster-demo

KILLS ?= 1000
test-faults: build-test ## random kills, of plugins (KILLS=1000) of what writes the history and of updates; simulated power cuts
	@tools/test-faults $(KILLS)

CUTS ?= 5
test-machine: build-test ## the installed package on a virtual machine with a real kernel; CUTS=200 power cuts
	@HARVESTER_CUTS=$(CUTS) tools/test-machine

test-machine-arm64: build-test ## the same, shorter, on an arm64 machine with the arm64 package (as root)
	@tools/build-cross arm64 $(BUILD)-arm64 -Dtests=enabled
	@HARVESTER_BUILD=$(BUILD) tools/test-machine --arm64

test-fair: build-test ## floods of each resource by 1, 4 and 16 plugins, beside honest ones
	@tools/test-fair

test-package: deb ## the Debian package: install, upgrade, downgrade, purge, in a Debian of its own (as root)
	@$(SETUP) test deb
	@tools/test-package $(PACKAGED)

DIST ?= bookworm trixie
test-fresh: ## from a clone to the first reading in a minimal Debian 12 and 13 (DIST=trixie: one of them); as root
	@tools/test-fresh $(DIST)

MINUTES ?= 60
soak-mqtt: build-test ## a subscriber gets the whole history over MQTT, whatever is restarted (MINUTES=60)
	@$$(tools/cache-dir)/venv/bin/python tools/soak-mqtt --minutes $(MINUTES)

test-homeassistant: build-test ## what a real Home Assistant makes of a node's messages; fetches 1.6 GB once; needs root
	@tools/test-homeassistant

test-influx: build-test ## writes readings to a real VictoriaMetrics, which is unpacked from Debian's package
	@tools/test-influx

SECONDS ?= 60
fuzz: setup-test ## search for input that breaks something: SECONDS=600 for each target, or TARGET=name alone
	@tools/fuzz $(SECONDS) $(TARGET)

bench: build-test ## figures: start, memory, polls, requests, scale; they go to docs/PERFORMANCE.md
	@$(SETUP) test bench
	@tools/bench $(BUILD) --save
	@tools/docs

examples: build ## the plugins in C and in Rust as components, in build/examples/plugins
	@tools/build-examples $(BUILD)/examples

clean: ## remove the build folders; the cache of wasmtime and componentize-py stays
	rm -rf $(BUILD) $(BUILD)-*
