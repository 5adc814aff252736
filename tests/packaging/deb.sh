#!/bin/sh
# deb.sh: build the Debian package twice, judge it with lintian, and install
# and remove it for real, in a copy of this system that goes away with it.
#
#	tests/packaging/deb.sh BUILD_FOLDER
#
# `make check-deb` runs it.  The installation needs root and overlayfs: else it
# is left out, and that is said.  The last line is "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 1
ROOT=$PWD
b=$(cd "$1" && pwd)
CLI_DIR=$ROOT/tests/cli
SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/satchel-deb.XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
RESULTS=$SCRATCH/results
LC_ALL=C.UTF-8
export ROOT CLI_DIR SCRATCH RESULTS LC_ALL
: > "$RESULTS"
mkdir "$SCRATCH/case"
cd "$SCRATCH/case" || exit 1
# shellcheck source=/dev/null
. "$CLI_DIR/lib.sh"

# --- building
before=$(git -C "$ROOT" status --porcelain 2> /dev/null)
build() {
	package=$(sh "$ROOT/packaging/deb.sh" "$b") || return 1
	sha256sum < "$package"
}
check 'it is built' build
first=$(sha256sum < "$package")
second=$(umask 077 && TZ=Asia/Tokyo build)
check 'the same bytes again' test "$first" = "$second"
check 'the tree is as it was' test "$before" = \
    "$(git -C "$ROOT" status --porcelain 2> /dev/null)"
changes=$(ls "$b"/deb/*.changes)
check 'lintian has nothing to say' lintian --no-cfg --allow-root \
    --fail-on error,warning,info --display-info "$changes"

# --- what is in it
dpkg-deb -c "$package" | sed 's/.* \.//' | grep -v '/$' |
    grep -v '^/usr/share/doc/' | LC_ALL=C sort > files
cat > wanted <<'END'
/usr/bin/satchel
/usr/lib/systemd/system/satchel@.service
/usr/lib/systemd/system/satchel@.timer
/usr/lib/sysusers.d/satchel.conf
/usr/lib/tmpfiles.d/satchel.conf
/usr/share/bash-completion/completions/satchel
/usr/share/lintian/overrides/satchel
/usr/share/man/man1/satchel.1.gz
/usr/share/man/man5/satchel-bundle.5.gz
/usr/share/zsh/vendor-completions/_satchel
END
check 'these files, and no others' diff wanted files
check 'a guide each' test "$(dpkg-deb -c "$package" |
    grep -c '/usr/share/doc/satchel/.*\.md\(\.gz\)\{0,1\}$')" -ge \
    "$(find "$ROOT/docs" -maxdepth 1 -name '*.md' | wc -l)"

# --- installing it
# there COMMAND...: on a copy of this system, which is kept in the memory.
cat > there.sh <<'END'
set -eu
mount --make-rprivate /
mount -t tmpfs satchel "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay satchel -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" \
    "$1/root"
mount -t proc proc "$1/root/proc"
mount --bind /dev "$1/root/dev"
mkdir -p "$1/root/run/satchel-test"
cp "$2" "$1/root/run/satchel-test/satchel.deb"
cp "$3" "$1/root/run/satchel-test/inside.sh"
exec chroot "$1/root" sh /run/satchel-test/inside.sh
END
cat > inside.sh <<'END'
exec 2>&1
cd /
system() {
	find /etc /opt /srv /usr /var -xdev ! -path '/var/lib/dpkg/*' \
	    ! -path '/var/log/*' ! -path '/var/cache/*' | LC_ALL=C sort
}
system > /run/satchel-test/before
say() {
	echo "=$1"
}
dpkg -i /run/satchel-test/satchel.deb > /run/satchel-test/log 2>&1 && say installed
[ "$(satchel --version)" = "satchel $(dpkg-query -W -f '${Version}' satchel)" ] &&
    say runs
bash -c '. /usr/share/bash-completion/completions/satchel
    COMP_WORDS=(satchel sched) COMP_CWORD=1; _satchel
    [ "${COMPREPLY[0]}" = schedule ]' && say completes
[ "$(getent passwd satchel | cut -d : -f 6)" = /var/lib/satchel ] && say user
[ "$(stat -c '%U %a' /var/lib/satchel)" = 'satchel 750' ] && say folder
runuser -l satchel -s /bin/sh -c '
    satchel --home /var/lib/satchel/lab-a init --name lab-a' && say site
[ -e /var/lib/satchel/.local/state/satchel ] && say state
systemd-analyze verify --man=no satchel@lab-a.timer satchel@lab-a.service &&
    say units
[ -z "$(find /etc/systemd -name '*satchel*')" ] && say disabled
rm -rf /var/lib/satchel/lab-a /var/lib/satchel/.local
dpkg --purge satchel >> /run/satchel-test/log 2>&1 && say purged
system > /run/satchel-test/after
diff /run/satchel-test/before /run/satchel-test/after | grep '^[<>]' > /run/satchel-test/left
grep -vxE '> /var/lib/satchel|> /etc/[a-z]*-|[<>] /etc/\..*' /run/satchel-test/left ||
    say 'nothing is left'
cat /run/satchel-test/log
END
if [ "$(id -u)" -ne 0 ] || ! unshare -m sh -c 'mount --make-rprivate / &&
    mkdir "$1" && mount -t tmpfs x "$1" && mkdir "$1/u" "$1/w" "$1/r" &&
    mount -t overlay x -o "lowerdir=/,upperdir=$1/u,workdir=$1/w" "$1/r"' \
    sh "$SCRATCH/try" 2> /dev/null; then
	echo 'skipped: installing the package: needs root and overlayfs'
else
	mkdir there
	unshare -m -p -f sh there.sh "$PWD/there" "$package" \
	    "$PWD/inside.sh" > done.log
	for step in installed runs completes user folder site state units \
	    disabled purged 'nothing is left'; do
		check "$step" grep -qx "=$step" done.log
	done
	! grep -q '^fail' "$RESULTS" || cat done.log
fi

good=$(grep -c '^pass' "$RESULTS")
bad=$(grep -c '^fail' "$RESULTS")
echo "$good passed, $bad failed"
[ "$bad" -eq 0 ]
