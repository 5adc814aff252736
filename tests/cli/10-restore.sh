# A site that comes back from a backup says so, or is found out.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites a b
check 'a guard file outside the home' test -n \
    "$(find "$XDG_STATE_HOME/satchel" -type f)"
need sat a lab load "$LAB/lab.jsonl"
need settle a b
need load a "$(thing r1 1)"
need settle a b

# --- an old home, after bundles that it does not know
cp -a a backup
need load a "$(thing r1 2)" "$(thing r2 2)"
need carry a b
need load a "$(thing r3 3)"
need export_to a b
unread=$sent
rm -rf a
cp -a backup a

check 'export is refused' fails E_ROLLED_BACK 8 \
    sat a export --to b --out drop
check 'it says what to do' grep -q 'site restored' err
need load b "$(thing from-b 1)"
need export_to b a
from_b=$sent
check 'import is refused' unchanged a \
    fails E_ROLLED_BACK 8 sat a import "$from_b"
check 'receipt is refused' fails E_ROLLED_BACK 8 \
    sat a receipt --to b --out drop
check 'status still answers' expect_exit 0 sat a status
check 'dump still answers' expect_exit 0 sat a lab dump
check 'restored wants a reason' fails E_USAGE 2 sat a site restored
check 'and is still needed' fails E_ROLLED_BACK 8 \
    sat a export --to b --out drop
check 'site restored' expect_exit 0 \
    sat a site restored --reason 'disk failed'
check 'the log has it' test "$(sat a log | grep -c 'disk failed')" -ge 1
check 'export works again' expect_exit 0 sat a export --to b --out drop
# shellcheck disable=SC2046
check 'b takes it' expect_exit '0|11' sat b import $(cat out)
check 'a takes what b has' expect_exit '0|11' sat a import "$from_b"
check 'they fall silent' settle a b
check 'b gives back what a had lost' shows a r1 2
check 'all of it' shows a r2 2
check 'they agree' agree a b
check 'by digest' same_digest a b
check 'what b never read does no harm' expect_exit '0|11' \
    sat b import "$unread"
check 'they agree once more' settle a b
check 'a has even that' shows a r3 3
check 'agree' agree a b

# --- work goes on
need load a "$(thing r4 4)"
need load b "$(thing r5 5)"
check 'both edit' settle a b
check 'both have it' agree a b

# --- the backup again: still found out
rm -rf a
cp -a backup a
check 'a second time it is refused too' fails E_ROLLED_BACK 8 \
    sat a export --to b --out drop
need sat a site restored --reason again
check 'and heals' settle a b
check 'agree' agree a b

# --- home and guard both from the backup: the peer tells
need settle a b
cp -a b backup.b
cp -a state state.old
need load b "$(thing r6 6)"
need carry b a
rm -rf b state
cp -a backup.b b
cp -a state.old state
need load a "$(thing r7 7)"
need export_to a b
check 'the peer names a file that we have not written' unchanged b \
    fails 'E_ROLLED_BACK' 8 sat b import "$sent"
need sat b site restored --reason 'the whole disk'
check 'then it is taken' expect_exit '0|11' sat b import "$sent"
check 'and heals' settle a b
check 'what was lost is back' shows b r6 6
check 'agree' agree a b

# --- restored although nothing was lost
check 'restored for nothing' expect_exit 0 \
    sat b site restored --reason 'only to be sure'
need load b "$(thing r8 8)"
check 'does no harm' settle a b
check 'agree' agree a b

# --- a guard that cannot be written
check 'guards are files of the user' test -z \
    "$(find "$XDG_STATE_HOME/satchel" -type f -perm /022)"
end
