# The same data through other programs, which must be there.
bench-peers: all
	@sh tests/bench/peers.sh $(B)

# A night where 100,000 files lie.
bench-drop: all
	@sh tests/bench/drop.sh $(B)

.PHONY: bench-peers bench-drop
