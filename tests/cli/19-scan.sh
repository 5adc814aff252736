# What lies here for this site, whatever it is called, and what to do about it.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites lab-a lab-b lab-c
need sat new init --name lab-new
mkdir -p stick/a/b/c/d/deeper "stick/it's here" stick/.Trash-1000 \
    'stick/$RECYCLE.BIN'

# one OBJECT: the next bundle of lab-a to lab-b; its path is $sent.
one() {
	need load lab-a "$(thing "$1" 1)"
	need export_to lab-a lab-b
}

one o1
cp "$sent" "stick/it's here/invoice.pdf"
cp "$sent" stick/a/b/copy
cp "$sent" stick/.hidden
cp "$sent" stick/.Trash-1000/x
cp "$sent" 'stick/$RECYCLE.BIN/x'
cp "$sent" stick/a/b/c/d/deeper/x
need sat lab-b import "$sent"
need carry lab-b lab-a
one o2
cp "$sent" "stick/$(printf 'a\033[2Jb')"
need sat lab-b import "$sent"
need carry lab-b lab-a
one o3
cp "$sent" stick/a/third
head -c 4000 "$sent" > stick/growing
need sat lab-a export --to lab-c --out stick/a
need sat lab-b export --to lab-a --out stick/a --heartbeat
need sat new site card --out stick/card
cp cards/lab-c stick/known
ln -s "$PWD/$sent" stick/link
mkfifo stick/fifo
echo notes > stick/notes.txt

# plain FILE: without what differs from run to run.
plain() {
	sed -e 's/20[0-9-]*T[0-9:]*Z/DATE/g' -e 's/site [0-9a-f]\{16\}/site ID/' \
	    -e '1s/stick, .*/stick, MEDIUM/' -e "s|$PWD|HERE|g" "$1"
}

# says SITE FILE WORD...: a scan of it says what is in FILE.
says() {
	site=$1 wanted=$2
	shift 2
	sat "$site" scan "$@" > out 2> err || return 1
	plain out > got
	diff -u "$wanted" got
}

# --- a site that has read the first two
cat > wanted <<'END'
path stick, MEDIUM
  1 files for other sites, 1 of this site's own
  folders more than 4 deep were not looked into; name them to 'satchel scan'
stick/it's here/invoice.pdf
  bundle 1 of lab-a, 1 objects, DATE: already read (and 1 copy)
stick/a\x1b[2Jb
  bundle 2 of lab-a, 1 objects, DATE: already read
stick/a/third
  bundle 3 of lab-a, 1 objects, DATE: new, not verified yet
stick/known
  card of lab-c (site ID), DATE: known
stick/card
  card of lab-new (site ID), DATE: no peer of this site
stick/growing
  refused: E_TRUNCATED: file does not end with 1024 zero bytes
  next: if it is still being copied, wait until that is done; else copy it again
to take in what is for this site:
    satchel --home 'lab-b' import 'stick/a'
to trust that site, with the digits of its card read over the phone:
    satchel --home 'lab-b' peer add 'stick/card'
END
check 'a stick, as lab-b sees it' says lab-b wanted stick
check 'nothing is changed' unchanged lab-b expect_exit 0 sat lab-b scan stick
find stick | sort > before
check 'nor on the stick' expect_exit 0 sat lab-b scan stick
find stick | sort > after
check 'by no name' same_bytes before after
check 'no control character is shown' not grep -q "$(printf '\033')" out

save_json doc lab-b scan stick
check 'as a document' json doc '.error == null and (.places | length) == 1 and
    .places[0].kind == "path" and .places[0].path == "stick" and
    .places[0].others == 1 and .places[0].own == 1 and
    .places[0].cut == "depth" and .places[0].error == null and
    ([.files[] | [.kind, .from, .sequence, .state, .copies]] | sort) ==
    ([["bundle","lab-a",1,"read",1],["bundle","lab-a",2,"read",0],
    ["bundle","lab-a",3,"new",0],["card","lab-c",0,"read",0],
    ["card","lab-new",0,"new",0],[null,null,0,"refused",0]] | sort)'
check 'with the errors' json doc '[.files[] | select(.error != null) |
    .error.name] == ["E_TRUNCATED"]'
check 'with the commands' json doc '.commands[0] ==
    "satchel --home '"'lab-b'"' import '"'stick/a'"'"'
check 'deeper, when it is named' expect_exit 0 \
    sat lab-b scan stick/a/b/c/d/deeper --json
check 'there it is' json out '.files[0].sequence == 1'
check 'a file that is named' expect_exit 0 sat lab-b scan stick/a/third --json
check 'is found alone' json out '[.files[].file] == ["stick/a/third"]'
check 'a link that is named is not followed' expect_exit 0 \
    sat lab-b scan stick/link --json
check 'to nothing' json out '.files == []'

# --- the commands are words for a shell
# early WORD...: lab-b as it is now, whatever it reads and writes later.
cp -R lab-b early
early() {
	XDG_STATE_HOME=$PWD/early.state "$SATCHEL" --home early "$@"
}

for command in $(jq -r '.commands | keys[]' doc); do
	jq -r ".commands[$command]" doc > command
	sed "s|^satchel|'$SATCHEL'|; s|lab-b|early|" command > run
	if grep -q 'peer add' run; then
		printf '%s --fingerprint "%s"\n' "$(cat run)" \
		    "$(sat new site fingerprint)" > run.2
		mv run.2 run
	fi
	check "it works: $(cat command)" \
	    env XDG_STATE_HOME="$PWD/early.state" sh run
done
check 'the object is there then' test "$(early lab dump | grep -c o3)" -eq 1
check 'and the new site is a peer' \
    test "$(early peer list | grep -c lab-new)" -eq 1
mkdir "it's"
cp stick/card "it's/card"
expect_exit 0 sat lab-c scan "it's" --json
printf '%s --fingerprint "%s"\n' "$(jq -r '.commands[0]' out |
    sed "s|^satchel|'$SATCHEL'|")" "$(sat new site fingerprint)" > run
check 'so does a quote' expect_exit 0 sh run
mv "it's" "$(printf 'a\033b')"
cp cards/lab-a "$(printf 'a\033b')/card"
expect_exit 0 sat new scan "$(printf 'a\033b')"
check 'and a control character is not one' \
    grep -qF "peer add \$'a\\033b/card'" out
early scan stick --json > doc
check 'and there is nothing left to do' json doc '.commands == []'

# --- a chain whose links lie about, with the first of them and without
mkdir chain x y z
for n in 1 2 3 4 5; do
	need load lab-a "$(thing "big$n" \
	    "$(head -c 90000 /dev/urandom | base64 -w 0)")"
done
need sat lab-a export --to lab-c --out chain --max-size 256K
set -- chain/*
check 'a chain of three' test $# -eq 3
cp "$1" z/link
cp "$2" y/link
cp "$3" x/link
expect_exit 0 sat lab-c scan x y z --json
check 'links in three folders are no gap' json out \
    '[.files[].state] == ["new","new","new"]'
expect_exit 0 sat lab-c scan x y --json
check 'without the first of them all are' json out \
    '[.files[].state] == ["gap","gap"] and (.files[0] | .have < .since)'
expect_exit 0 sat lab-c scan x y
check 'that is said' \
    grep -q 'a gap: what lab-a wrote after its sequence .* is missing' out
expect_exit 8 sat lab-c import x y --json
check 'an import says the same' json out \
    '[.bundles[] | .result] == ["gap","gap"]'

# --- a request, that it left
expect_exit 0 sat lab-a scan x y
check 'a request is found' grep -q 'request [0-9]* of lab-c' out
expect_exit 0 sat lab-a scan x y --json
check 'with its answer' json out '[.files[].kind] == ["request"] and
    (.commands | length) == 2'
jq -r '.commands[1]' out | sed "s|^satchel|'$SATCHEL'|" > run
check 'that works' expect_exit 0 sh run
expect_exit 0 sat lab-c import y z x --json
check 'three folders are one list' json out \
    '[.bundles[] | .result | select(. == "applied")] | length >= 3'
check 'and the site is whole' agree lab-a lab-c

# --- places that are not there, that are drops
check 'no such place is told' fails E_IO 3 sat lab-b scan nowhere x
check 'after the others' grep -q '^path x' out
save_json doc lab-b scan nowhere x
check 'in the document, too' json doc '.error.name == "E_IO" and
    [.places[].error.name] == ["E_IO", null]'
check 'no medium, no drop' expect_exit 0 sat lab-b scan
mkdir share
need sat lab-b drop add share share --peers lab-a
cp stick/a/third share/read
need sat lab-b import share
need carry lab-b lab-a
one last
cp "$sent" share/new
check 'a drop is looked into' expect_exit 0 sat lab-b scan --json
check 'by its name' json out '[.places[] | select(.kind == "drop") | .drop] ==
    ["share"] and ([.files[] | select(.state == "new")] | length) == 1'
check 'the night takes it' json out '.commands ==
    ["satchel --home '"'lab-b'"' sync"]'
mv share elsewhere
mkdir share
check 'an empty mount point is no drop' fails E_MEDIA_GONE 3 sat lab-b scan
rmdir share
need sat lab-b drop set share removable=yes
check 'a stick that is not in is none either' expect_exit 0 sat lab-b scan
check 'and no alarm' grep -q 'is not there now' out
end
