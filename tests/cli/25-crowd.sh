# A drop with very many files of others: all of them are survived, and exactly
# the few for this site are found, whatever they are called.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

CROWD=${CROWD:-20000}			# some seconds; 100000 are no trouble

# night SITE: a sync, its report in doc.json.
night() {
	save_json doc.json "$1" sync
	json doc.json '.error == null'
}

sites a b c d
mkdir pool shared

# --- what lies there: two dozen bundles between others, and the crowd
for n in $(seq 12); do
	need load c "$(thing "c$n" "$n")"
	need sat c export --to a --out pool --full
	need sat c export --to d --out pool --full
done
need python3 "$ROOT/tests/bench/crowd.py" shared "$CROWD" pool
check 'so many' test "$(find shared -mindepth 1 -maxdepth 1 -printf x |
    wc -c)" -eq "$CROWD"

# --- five for b: from a and c, by other names; and a copy of one
for n in 1 2 3; do
	need load a "$(thing "a$n" "$n")"
	need sat a export --to b --out "shared/000$((9 - n)) holiday.jpg"
done
need sat c export --to b --out shared/zzz
need sat b export --to a --heartbeat --out pool/b
need sat a import pool/b
need sat a receipt --to b --out 'shared/%s%n'
need cp 'shared/0007 holiday.jpg' 'shared/0007 holiday (1).jpg'
need sat b drop add nights shared --peers a,c
find shared -printf '%P %y %s\n' | sort > before
check 'a night' night b
check 'finds exactly what is for b' json doc.json '
    ([.bundles[] | select(.result == "applied")] | length) == 4 and
    ([.bundles[] | select(.result == "receipt")] | length) == 1 and
    ([.bundles[] | select(.result != "applied" and .result != "receipt" and
    .result != "already")] | length) == 0'
check 'has all of it' test "$(sat b lab dump | wc -l)" -eq 15
check 'counts the others' json doc.json ".drops[0] |
    .others > $((CROWD / 4)) and .foreign > $((CROWD / 2)) and .read >= 5"
find shared -printf '%P %y %s\n' | sort > after
check 'and takes nothing away' test "$(comm -23 before after |
    grep -cv '^ d ')" -eq 0
comm -13 before after > new
check 'nor leaves more than what it wrote' not grep -Ev '^( d |b_to_)' new

# --- again, and with one more
check 'the next night' night b
check 'has nothing to do' json doc.json '.bundles == [] and
    .drops[0].published == []'
need load a "$(thing a9 9)"
need sat a export --to b --out 'shared/.hidden or not'
need sat a export --to b --out shared/one-more --full
check 'a night later' night b
check 'the new one is found' shows b a9 9
check 'and no other' json doc.json '.bundles | length == 1'

# --- for people
touch shared/copy*
check 'how far it is, where that is asked for' expect_exit 0 \
    sat b sync --progress
check 'in files' grep -Eq "^looking: 100 %, [0-9]{5,} files, in" err
check 'of a scan, too' expect_exit 0 sat b scan shared --progress
check 'though nobody knows how many' grep -Eq \
    "^looking, [0-9]{5,} files, in" err
check 'a report for people' expect_exit 0 sat b sync --verbose
check 'has no control characters' test \
    "$(tr -d '\n[:print:]' < out | wc -c)" -eq 0
check 'a folder of so many can be imported, too' expect_exit '0|8' \
    sat d import shared
check 'and is no drop of d' test "$(sat d lab dump | wc -l)" -eq 12

end
