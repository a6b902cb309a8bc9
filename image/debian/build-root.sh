# shellcheck shell=bash disable=SC2154 # the scripts that read these files share their variables
# build-root.sh (sourced): clean trixie roots to build in, and the namespaces that they are used in.
#
#   enter_namespaces "$@"        runs the script again in mount and process namespaces of its own
#   wait_for_turn                one build at a time in a work folder; each uses all processors anyway
#   start_log, run STEP COMMAND...  what the steps say goes to $log
#   make_build_root NAME         a fresh copy of the base root as $root, its packages brought up to date
#   in_root COMMAND...           runs it there as root, as a maintainer script would be
#   build_in_root COMMAND...     runs it there as the user builder in ~builder, without a network
#
# Expects `die CODE TEXT`, build-apt.sh, and $work, $log, $build (NAME_VERSION), $arch (of the result), $build_arch (this
# machine's).
# The base root is made once a key and kept as $work/build-root/KEY; what is built in is a copy, removed when the script
# ends well and replaced by the next build of the same name otherwise. Mounts and processes end with the script,
# whatever ends it.

readonly builder_uid=1000

# In a process namespace of its own the script is process 1, and everything it started ends with it.
enter_namespaces() {
    (($$ == 1)) && {
        trap 'exit 130' INT
        trap 'exit 143' TERM
        return
    }
    ((EUID == 0)) || die 1 'needs root, or image/vm-build.sh, which needs none: chroot, owners'
    exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc "$0" "$@"
}

wait_for_turn() {
    exec {turn}>"$work/lock"
    flock "$turn"
}

start_log() {
    {
        printf '%s for %s\n' "$build" "$arch"
        [[ ! ${patches[*]} ]] || printf 'patch: %s\n' "${patches[@]}"
    } >"$log"
}

run() {
    local step=$1 code
    shift
    printf -- '--- %s\n' "$step" >>"$log"
    # Not as a condition, in which a function goes on after an error.
    set +e
    (set -e; "$@") >>"$log" 2>&1
    code=$?
    set -e
    ((code == 0)) || die 1 "$step failed: see $log"
}

# debhelper, because nearly every package asks for it. A package's dependencies on the other architecture's C and C++
# libraries are implicit.
base_packages() {
    local packages=fakeroot,debhelper
    [[ $arch == "$build_arch" ]] || packages+=,crossbuild-essential-$arch,libc6-dev:$arch,libstdc++-14-dev:$arch
    echo "$packages"
}

# The month is in the key, because bringing an old base up to date takes longer every time.
base_root() {
    local architectures=$build_arch
    [[ $arch == "$build_arch" ]] || architectures+=,$arch
    echo "$work/build-root/$suite-${architectures/,/-}-$(date +%Y%m).$(base_packages | sha256sum | cut -c 1-6)"
}

make_base_root() {
    local base
    base=$(base_root)
    [[ -d $base ]] && return
    rm -rf "${base%-*}"-[0-9]*
    mkdir -p "$work/build-root"
    run 'making the build root' make_debian_root "$base.making"
    mv -T "$base.making" "$base"
}

# Maintainer scripts get nothing of this machine's environment but the way through its proxy.
make_debian_root() {
    local architectures=$build_arch
    [[ $arch == "$build_arch" ]] || architectures+=,$arch
    apt_access >"$work/apt/acquire.conf"
    # shellcheck disable=SC2016 # the hook's shell fills it in
    debian_sources | env -i PATH="$PATH" LC_ALL=C ${http_proxy:+"http_proxy=$http_proxy"} \
        ${https_proxy:+"https_proxy=$https_proxy"} mmdebstrap --mode=root --variant=buildd \
        --architectures="$architectures" --include="$(base_packages)" --aptopt="$work/apt/acquire.conf" \
        --aptopt='Acquire::Languages "none"' \
        --setup-hook="for each in auth.conf auth.conf.d; do [ ! -e /etc/apt/\$each ] || cp -r /etc/apt/\$each \"\$1/etc/apt/\"; done" \
        --customize-hook='rm -rf "$1"/etc/apt/auth.conf*' \
        --customize-hook="chroot \"\$1\" useradd --uid $builder_uid --user-group --create-home builder" \
        --customize-hook='rm -f "$1/var/lib/man-db/auto-update"' \
        --customize-hook='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d"; chmod 0755 "$1/usr/sbin/policy-rc.d"' \
        "$suite" "$1" -
}

# make_build_root NAME
make_build_root() {
    make_base_root
    root=$work/building/$1
    rm -rf "$root"
    mkdir -p "$work/building"
    run 'copying the build root' cp -a --reflink=auto "$(base_root)" "$root"
    mount_what_programs_need
    run 'bringing the build root up to date' apt_in_root dist-upgrade
}

# Devices that any program may need and nothing that belongs to this machine's hardware.
mount_what_programs_need() {
    local device
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
    for device in null zero full random urandom tty; do
        : >"$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mkdir -m 1777 "$root/dev/shm"
    mkdir "$root/dev/pts"
    mount -t devpts -o newinstance,ptmxmode=0666,gid=5 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    ln -s fd/0 "$root/dev/stdin"
    ln -s fd/1 "$root/dev/stdout"
    ln -s fd/2 "$root/dev/stderr"
    mount --bind "$work/apt/archives" "$root/var/cache/apt/archives"
}

# This machine's apt works on the root from outside, so the root needs no way to the mirror.
apt_in_root() {
    env -i PATH="$PATH" LC_ALL=C DEBIAN_FRONTEND=noninteractive APT_CONFIG="$APT_CONFIG" \
        ${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"} \
        apt-get -o DPkg::Chroot-Directory="$root" -o Dir::State::status="$root/var/lib/dpkg/status" \
        -o Dir::State::extended_states="$root/var/lib/apt/extended_states" \
        -o Dir::Cache::archives="$root/var/cache/apt/archives" -o Dpkg::Options::=--force-unsafe-io "$@" </dev/null
}

in_root() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C TZ=UTC HOME=/root "$@" </dev/null
}

# Standard input is left to the caller: a patch may come from there. `build_environment`, an array, is added.
build_in_root() {
    unshare --net -- chroot --userspec="$builder_uid:$builder_uid" "$root" env -i --chdir=/home/builder \
        PATH=/usr/bin:/bin:/usr/games LC_ALL=C.UTF-8 TZ=UTC HOME=/home/builder USER=builder LOGNAME=builder \
        "${build_environment[@]}" "$@"
}

remove_build_root() {
    umount --recursive --lazy "$root"/{dev,proc} "$root/var/cache/apt/archives"
    rm -rf --one-file-system "$root"
}
