# completed.sh: what bash and zsh offer is what the program says it has.
# shellcheck source=/dev/null
. "$ROOT/tests/cli/lib.sh"

odd='a b'
mkdir "$odd" 'a folder'
need "$SATCHEL" --home "$odd/home" init --name lab-a
need "$SATCHEL" --home other init --name lab-b
need "$SATCHEL" --home other site card --out b.card
need "$SATCHEL" --home "$odd/home" peer add b.card --fingerprint \
    "$("$SATCHEL" --home other site fingerprint)"
need "$SATCHEL" --home "$odd/home" drop add share 'a folder' --peers lab-b
rm -r other b.card

"$SATCHEL" help | sed -n 's/^  \([a-z][a-z ]*[a-z]\)  .*/\1/p' > verbs
check 'there are verbs' test "$(wc -l < verbs)" -ge 29

# --- what is asked, and what must be offered: "WORD|WORD|...=>offer offer"

# list: words, one a line, as one line in order.
list() {
	LC_ALL=C sort -u | tr '\n' ' ' | sed 's/ $//'
}
every_verb() {
	echo "=>$({ cut -d ' ' -f 1 verbs; echo help; } | list)"
	echo "help|=>$(cut -d ' ' -f 1 verbs | list)"
	sed -n 's/ .*//p' verbs | sort -u | while read -r first; do
		echo "$first|=>$(sed -n "s/^$first //p" verbs | list)"
		echo "help|$first|=>$(sed -n "s/^$first //p" verbs | list)"
	done
}
every_option() {
	while read -r verb; do
		# shellcheck disable=SC2086
		echo "$(echo "$verb" | tr ' ' '|')|--=>$("$SATCHEL" help $verb |
		    grep -o '^  --[a-z-]*' | tr -d ' ' | list)"
	done < verbs
}
some() {
	cat <<-END
	--home|a b/home|exp=>export
	export|--compress|=>gzip zstd
	export|--compress|g=>gzip
	--home|a b/home|export|--to|=>lab-b
	--home|a b/home|peer|show|--json|=>lab-b
	--home|a b/home|peer|show|lab-b|=>
	--home|a b/home|drop|show|=>share
	--home|a b/home|sync|--drop|=>share
	--home|a b/home|receipt|--to|=>lab-b
	--home|none|peer|show|=>
	help|status|=>
	END
}
{ every_verb; every_option; some; } > wanted

# offers SHELL: answer the questions in `asked`.
offers() {
	sed 's/=>.*//' "$asked" | case $1 in
	bash)
		bash -c '
		. "$ROOT/packaging/completions/satchel.bash"
		while IFS= read -r ask; do
			IFS="|" read -r -a COMP_WORDS <<< "$SATCHEL|$ask|."
			unset "COMP_WORDS[-1]"
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
			_satchel
			echo "$ask=>$(printf "%s\n" "${COMPREPLY[@]}" |
			    LC_ALL=C sort -u | tr "\n" " ")"
		done'
		;;

	# Where a completion would be asked to offer, it prints.
	zsh)
		zsh -f -c '
		offer() {
			print -rl -- ${(M)@:#${${words[-1]}#--*=}*}
		}
		compadd() {
			[[ $1 != -a ]] || { offer ${(P)2}; return }
			[[ $1 != -- ]] || shift
			offer $@
		}
		_describe() { offer ${${(P)2}%%:*} }
		_files() { print -r -- files$1 }
		compset() { }
		functions[_satchel]="$(< $ROOT/packaging/completions/_satchel)"
		while IFS= read -r ask; do
			words=("$SATCHEL" "${(@s:|:)ask}") CURRENT=$#words
			print -r -- "$ask=>$(_satchel | LC_ALL=C sort -u |
			    tr "\n" " ")"
		done'
		;;
	esac | sed -e 's/=> /=>/' -e 's/ $//'
}
same_offers() {
	asked=$2
	offers "$1" > got
	diff "$asked" got
}

check 'bash offers verbs, options, choices, peers, drops' same_offers bash \
    wanted
mkdir place
: > 'place/file'
mkdir 'place/folder'
printf '%s\n' 'verify|place/=>place/file place/folder' \
    '--home|place/=>place/folder' 'export|--out|place/f=>place/file place/folder' \
    'export|--compress|=|g=>gzip' > of.bash
check 'bash offers files, and values behind a sign' same_offers bash of.bash

if command -v zsh > /dev/null; then
	check 'zsh offers the same' same_offers zsh wanted
	printf '%s\n' 'verify|=>files' '--home|=>files-/' \
	    'export|--out|=>files' 'export|--compress=g=>gzip' > of.zsh
	check 'zsh offers files, and values behind a sign' same_offers zsh \
	    of.zsh
else
	echo 'skipped: completions of zsh, which is not installed'
fi

# --- at a keyboard
mkdir bin
ln -s "$SATCHEL" bin/satchel
PATH=$PWD/bin:$PATH
export PATH
typed() {
	timeout 20 python3 "$HERE/type.py" "$@"
}
check 'bash: typed' typed "bash --norc --noprofile -i" \
    ". '$ROOT/packaging/completions/satchel.bash'" \
    'satchel --home a\ b/home pe\tsh\tl\t' \
    'satchel --home a b/home peer show lab-b'
if command -v zsh > /dev/null; then
	check 'zsh: typed' typed 'zsh -f -i' \
	    "fpath=('$ROOT/packaging/completions' \$fpath); autoload -U compinit; compinit -u -D" \
	    'satchel --home a\ b/home pe\tsh\tl\t' \
	    'satchel --home a b/home peer show lab-b'
fi
end
