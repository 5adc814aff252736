# One home, one lock: another run gives exit 14, or waits.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites a b
need load a "$(thing l1 1)"
need export_to a b
lock=$(find b -maxdepth 1 -type f -name '*lock*' | head -n 1)
check 'a home has a lock file' test -n "$lock"
check 'for its owner alone' test -z "$(find b -maxdepth 1 -name '*lock*' \
    -perm /022)"

# hold SECONDS: hold the lock; true once it is held.
hold() {
	(
		exec 9< "$lock"
		flock 9
		sleep "$1"
	) &
	tries=0
	while flock -n "$lock" true; do
		tries=$((tries + 1))
		[ "$tries" -lt 50 ] || return 1
		sleep 0.1
	done
}

need hold 6
check 'import' fails E_LOCKED 14 sat b import "$sent"
check 'it says so' grep -qi 'lock\|another\|running' err
check 'lab load' fails E_LOCKED 14 load b "$(thing l2 1)"
check 'lab delete' fails E_LOCKED 14 sat b lab delete l1
check 'peer set' fails E_LOCKED 14 sat b peer set a encrypt=yes
check 'sync' fails E_LOCKED 14 sat b sync --report report.json \
    --mail-summary mail
check 'and its report says so' json report.json '.error.name == "E_LOCKED"'
check 'and a mail' grep -q E_LOCKED mail
check 'doctor' fails E_LOCKED 14 sat b doctor
check 'import --wait 1 gives up' fails E_LOCKED 14 \
    sat b import --wait 1 "$sent"
save_json doc.json b import "$sent"
check 'in JSON too' json doc.json '.error.name == "E_LOCKED" and
    .error.exit == 14'
check 'import --wait 30 waits' expect_exit 0 sat b import --wait 30 "$sent"
check 'and imports' shows b l1 1
wait
check 'the lock is free afterwards' flock -n "$lock" true
check 'and work goes on' expect_exit 0 load b "$(thing l2 1)"
check '--wait wants a number' fails E_USAGE 2 \
    sat b import --wait long "$sent"

# --- two imports at once: one after the other, or exit 14
need sat a lab load "$LAB/lab.jsonl"
need export_to a b
(sat b import --wait 60 "$sent" > one.out 2>&1; echo $? > one) &
(sat b import --wait 60 "$sent" > two.out 2>&1; echo $? > two) &
wait
check 'two imports at once' test "$(cat one two | tr '\n' ' ')" = '0 0 '
check 'do it once' settle a b
check 'and agree' agree a b
end
