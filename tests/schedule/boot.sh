# boot.sh: within new namespaces: cover what a first process would work on
# with empty folders, start a case in the background, and become systemd.
#
#	boot.sh CASE
set -eu

mount --make-rprivate /
for folder in /run /etc/systemd/system /etc/systemd/user /etc/cron.d \
    /usr/lib/systemd/system /usr/lib/systemd/system-generators \
    /usr/lib/systemd/user /usr/lib/systemd/user-generators \
    /var/lib/systemd /var/log /srv /home; do
	[ -d "$folder" ] || continue
	mount -t tmpfs -o mode=755 satchel "$folder"
done
umount -l /sys/fs/cgroup 2> /dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /run/systemd/system /run/lock /var/lib/systemd/timers
ip link set lo up 2> /dev/null || true

for target in sysinit basic timers remote-fs shutdown umount time-sync \
    time-set; do
	for of in system user; do
		printf '[Unit]\nDefaultDependencies=no\n' > \
		    "/usr/lib/systemd/$of/$target.target"
	done
done
cat > /usr/lib/systemd/system/satchel-test.target <<'UNIT'
[Unit]
DefaultDependencies=no
Wants=timers.target
UNIT
cp /usr/lib/systemd/system/satchel-test.target /usr/lib/systemd/user/

(cd "$SCRATCH" && sh "$1" > "$SCRATCH/said" 2>&1 < /dev/null) &
while ! [ -e "$SCRATCH/ready" ]; do
	kill -0 $! || exit 1
	sleep 0.1
done
export container=satchel-test
exec /usr/lib/systemd/systemd --system --unit=satchel-test.target \
    --log-target=console --log-level=notice --show-status=no < /dev/null
