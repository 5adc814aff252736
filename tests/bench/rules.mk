# The same data through other programs, which must be there.
bench-peers: all
	@sh tests/bench/peers.sh $(B)

.PHONY: bench-peers
