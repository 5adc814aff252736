# installed.sh: what `make install` installs, and that it works there.
# shellcheck source=/dev/null
. "$ROOT/tests/cli/lib.sh"

need make -s -C "$ROOT" B="$B" PREFIX=/usr DESTDIR="$PWD/to" install
(cd to && find . -type f ! -path './usr/share/doc/*' | LC_ALL=C sort) > files
cat > wanted <<'END'
./usr/bin/satchel
./usr/share/bash-completion/completions/satchel
./usr/share/man/man1/satchel.1
./usr/share/man/man5/satchel-bundle.5
./usr/share/zsh/site-functions/_satchel
END
check 'these files, and no others' diff wanted files
check 'all guides' test -z "$(for f in "$ROOT"/docs/*.md; do
	[ -e "to/usr/share/doc/satchel/${f##*/}" ] || echo "$f"
done)"
check 'the program runs' to/usr/bin/satchel --version
check 'with the version that the package has' test \
    "satchel $(sed -n '1s/^satchel (\(.*\)) .*/\1/p' \
    "$ROOT/packaging/debian/changelog")" = "$(to/usr/bin/satchel --version)"

# verbs: of the table, but not those of the manual page.
unsaid() {
	"$SATCHEL" help | sed -n 's/^  \([a-z][a-z ]*[a-z]\)  .*/\1/p' |
	    while read -r verb; do
		# A line of the synopsis may name several: "list | show".
		first=${verb%% *}
		last=${verb##* }
		grep -E "^\.Cm $first( |\$)" "$ROOT/docs/satchel.1" |
		    grep -Eq "( |^\.Cm )$last( |\$)" || echo "$verb"
	done
}
check 'the manual page has every verb' test -z "$(unsaid)"
unsaid
end
