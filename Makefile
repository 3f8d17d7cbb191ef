# Short names for the scripts. ARGS goes to the program: make serve ARGS="--port 9000".
ARGS ?=

.PHONY: help serve test build demo bench lint format

help:  ## this list
	@sed -n 's/^\([a-z]*\):  *## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

serve:  ## set up, build and serve on port 8000
	@scripts/serve $(ARGS)

test:  ## set up, build and run every test
	@scripts/test

build:  ## set up and build build/release/doclayout
	@scripts/build

demo:  ## write annotated pages into demo/
	@scripts/demo $(ARGS)

bench:  ## compare with the bare engine and the peer service
	@scripts/bench $(ARGS)

lint:  ## format, tidy, arrows and shell checks, as in CI
	@scripts/lint

format:  ## format the C++ sources in place
	@scripts/lint --fix-format
