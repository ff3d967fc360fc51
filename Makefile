# Every action a developer takes, one line each. `make` lists them.
node := $(CURDIR)/node_modules/node-linux-$(if $(filter x86_64,$(shell uname -m)),x64,arm64)/bin/node
bin  := $(node) node_modules/.bin

.DEFAULT_GOAL := help
.PHONY: help install build check types lint format layers dead test test-unit bench

help: ## list the actions
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14
install: ## install the pinned dependencies (development ones too)
	npm ci --ignore-scripts --include=dev && touch node_modules/.navarch-installed
build: ## build the bundle dist/navarch.js
	$(node) scripts/build.ts
build-types: ## build the declarations of the library, dist/types
	$(node) scripts/build-types.ts
check: types lint layers dead ## everything that needs no running cluster but tests
types: ## check types
	node_modules/.bin/tsc -p .
lint: ## lint
	node_modules/.bin/oxlint --type-aware
format: ## format the source
	node_modules/.bin/oxfmt .
layers: ## check the dependency rule of layers.json
	$(node) scripts/check-layers.ts
dead: ## find dead exports and files
	$(node) node_modules/knip/bin/knip.js
test: ## run every test this machine can run (what CI runs)
	./navarch test
test-unit: ## run the tests beside the source
	$(node) --test --test-isolation=none 'packages/**/*.test.ts' 'apps/**/*.test.ts'
bench: ## run all benchmarks
	for file in benchmarks/*.ts; do $(node) $$file; done
