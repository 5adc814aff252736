# bash completion for satchel.
#
# Nothing is listed here: verbs, options and what they take are read from
# `satchel help`, peers and drops from the site.  So it is never older than the
# program.  Needs bash 4.4; bash-completion finds it by its name.
# shellcheck shell=bash

# Verbs, one a line: "init", "peer add".
_satchel_verbs() {
	"$1" help 2> /dev/null |
	    sed -n 's/^  \([a-z][a-z-]*\( [a-z][a-z-]*\)\{0,1\}\)  .*/\1/p'
}

# Of the help of a verb: its options, "--name" or "--name ARG".
_satchel_options() {
	sed -n -e 's/^  \(--[a-z][a-z0-9-]* [^ ][^ ]*\).*/\1/p' -e t \
	    -e 's/^  \(--[a-z][a-z0-9-]*\).*/\1/p' <<< "$1"
}

# Of the help of a verb: what it takes besides, without options.
_satchel_arguments() {
	sed -n -e '1,/^$/p' <<< "$1" | tr '\n' ' ' |
	    sed -e 's/^usage: satchel [a-z ]*//' \
	    -e 's/\[[^]]*\]//g' -e 's/--[a-z-]* [^ ]*//g'
}

# Names that `satchel VERB list` knows; that of an error has a "_".
_satchel_names() {
	"${_satchel_site[@]}" "$1" list --json 2> /dev/null |
	    grep -o '"name":"[A-Za-z0-9.-]*"' | sed 's/.*:"\(.*\)"/\1/'
}

_satchel_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# What can stand for a placeholder, in COMPREPLY.
_satchel_value() {
	local what=$1 cur=$2

	case $what in
	*\|*)
		what=${what#* }
		_satchel_words "${what//|/ }" "$cur"
		;;
	*FILE* | *PATH* | *CARD* | *BUNDLE* | *REQUEST*)
		compopt -o filenames 2> /dev/null
		mapfile -t COMPREPLY < <(compgen -f -- \
		    "${cur/#\~\//$HOME/}")
		;;
	*DIR*)
		compopt -o filenames 2> /dev/null
		mapfile -t COMPREPLY < <(compgen -d -- \
		    "${cur/#\~\//$HOME/}")
		;;
	*PEER*)
		_satchel_words "$(_satchel_names peer)" "$cur"
		;;
	*DROP* | --drop\ *)
		_satchel_words "$(_satchel_names drop)" "$cur"
		;;
	esac
}

# The words of the command so far, without quotes; "--name=value" is in one
# piece again: bash takes it apart at the sign.
_satchel_join() {
	local i

	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		if [[ $i -gt 0 && ${COMP_WORDS[i]} == "=" &&
		    ${words[-1]} == --* ]]; then
			words[-1]+="="
		elif [[ $i -gt 0 && ${words[-1]} == --*= &&
		    ${COMP_WORDS[i - 1]} == "=" ]]; then
			words[-1]+=${COMP_WORDS[i]}
		else
			words+=("${COMP_WORDS[i]}")
		fi
	done
	words=("${words[@]//[\\\"\']/}")
}

# Words and options that may follow a verb which is whole; `count` arguments
# stand before it.
_satchel_argument() {
	local verb=$1 count=$2 cur=$3

	case $verb,$count in
	peer\ add,*) _satchel_value CARD "$cur" ;;
	drop\ add,1) _satchel_value DIR "$cur" ;;
	drop\ add,*) ;;
	peer\ *,0) _satchel_value PEER "$cur" ;;
	drop\ *,0) _satchel_value DROP "$cur" ;;
	peer\ * | drop\ *) ;;
	*) _satchel_value "$(_satchel_arguments "$help")" "$cur" ;;
	esac
}

_satchel() {
	local program=${COMP_WORDS[0]/#\~\//$HOME/} cur word i count=0
	local verbs verb='' whole='' asked='' help options waits=''
	local -a words _satchel_site

	COMPREPLY=()
	_satchel_join
	_satchel_site=("$program")
	verbs=$(_satchel_verbs "$program")
	options=$(_satchel_options "$("$program" help 2> /dev/null)")

	# Up to the last word: which verb is it, which option waits?
	for word in "${words[@]:1:${#words[@]}-2}"; do
		if [[ -n $waits ]]; then
			[[ $waits != --home ]] ||
			    _satchel_site+=(--home "${word/#\~\//$HOME/}")
			waits=''
		elif [[ $word == --*=* ]]; then
			[[ $word != --home=* ]] || _satchel_site+=("$word")
		elif [[ $word == --* ]]; then
			! grep -q -- "^$word " <<< "$options" || waits=$word
		elif [[ -n $whole ]]; then
			count=$((count + 1))
		elif [[ -z $verb && $word == help ]]; then
			asked=1
		else
			verb=${verb:+$verb }$word
			if grep -qx -- "$verb" <<< "$verbs"; then
				whole=1
				# shellcheck disable=SC2086
				help=$("$program" help $verb 2> /dev/null)
				options=$(_satchel_options "$help")
			fi
		fi
	done
	cur=${words[-1]}

	if [[ -z $waits && $cur == --*=* ]]; then
		waits=${cur%%=*}
		cur=${cur#*=}
	fi
	if [[ -n $waits ]]; then
		_satchel_value "$(grep -- "^$waits " <<< "$options")" "$cur"
	elif [[ $cur == -* ]]; then
		_satchel_words "$(cut -d ' ' -f 1 <<< "$options")" "$cur"
	elif [[ -z $verb ]]; then
		[[ -n $asked ]] || verbs+=$'\nhelp'
		_satchel_words "$(cut -d ' ' -f 1 <<< "$verbs" |
		    sort -u)" "$cur"
	elif [[ -z $whole ]]; then
		_satchel_words "$(sed -n "s/^$verb //p" <<< "$verbs")" "$cur"
	elif [[ -z $asked ]]; then
		_satchel_argument "$verb" "$count" "$cur"
	fi
}

complete -F _satchel satchel
