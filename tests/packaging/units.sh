# units.sh: the units of the package, as systemd reads them.
# shellcheck source=/dev/null
. "$ROOT/tests/cli/lib.sh"

from=$ROOT/packaging/systemd
need "$SATCHEL" --home home init --name lab-a
need "$SATCHEL" --home home schedule install --dir .

# hardening FILE: what a service is kept to.
hardening() {
	sed -n '/^SuccessExitStatus/,$p' "$1" |
	    grep -vE '^(Capability|PrivateUsers|ReadWrite|Bind)' | LC_ALL=C sort
}
hardening "$from/satchel@.service" > of.package
hardening satchel-lab-a.service > of.schedule
check 'the same as of schedule install' diff of.package of.schedule
check 'and not nothing' test "$(wc -l < of.package)" -ge 25

# The same times.
sed -n '/^\[Timer\]/,$p' "$from/satchel@.timer" > of.package
sed -n '/^\[Timer\]/,$p' satchel-lab-a.timer > of.schedule
check 'the same timer' diff of.package of.schedule

if ! command -v systemd-analyze > /dev/null; then
	echo 'skipped: units as systemd reads them: no systemd-analyze here'
	end
	exit 0
fi
for kind in service timer; do
	sed "s|/usr/bin/satchel|$SATCHEL|" "$from/satchel@.$kind" > \
	    "satchel@.$kind"
done
ln -s satchel@.service satchel@lab-a.service
ln -s satchel@.timer satchel@lab-a.timer
verify() {
	systemd-analyze verify --man=no --recursive-errors=no "$@" 2>&1 |
	    tee verified
	[ ! -s verified ]
}
check 'systemd finds no fault in them' verify ./satchel@lab-a.service \
    ./satchel@lab-a.timer
check 'exposure of at most 0.6' systemd-analyze security --offline=true \
    --threshold=6 ./satchel@lab-a.service
check 'a fault would be found' not verify ./satchel-none.service
end
