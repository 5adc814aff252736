# The package: built, judged, installed, removed.
check-deb: all
	@sh tools/setup.sh deb
	@sh tests/packaging/deb.sh $(B)
	@sh tests/packaging/run.sh $(B)

.PHONY: check-deb
