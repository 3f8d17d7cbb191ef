# Short names for the scripts. ARGS goes to the program: make serve ARGS="--port 9000".
ARGS ?=

.PHONY: help serve test build demo bench lint format parity parity-transformers cluster-up cluster-test cluster-down

help:  ## this list
	@sed -n 's/^\([a-z-]*\):  *## \(.*\)/  make \1\t\2/p' Makefile | expand -t 28

serve:  ## set up, build and serve on port 8000
	@scripts/serve $(ARGS)

test:  ## set up, build and run every test
	@scripts/test

build:  ## set up and build build/release/doclayout
	@scripts/build

demo:  ## write annotated pages into demo/
	@scripts/demo $(ARGS)

parity:  ## compare post-processing with rapid-layout and paddlex, live
	@scripts/parity

parity-transformers:  ## the same with transformers, whose environment takes 6 GB
	@scripts/parity transformers

bench:  ## compare with the bare engine and the peer service
	@scripts/bench $(ARGS)

cluster-up:  ## start a real Kubernetes of two nodes on this machine
	@scripts/cluster up $(ARGS)

cluster-test:  ## run the drills on it: surge, roll-outs, lost nodes, alerts
	@scripts/cluster test $(ARGS)

cluster-down:  ## end it; nothing is left
	@scripts/cluster down

lint:  ## format, tidy, arrows and shell checks, as in CI
	@scripts/lint

format:  ## format the C++ sources in place
	@scripts/lint --fix-format
