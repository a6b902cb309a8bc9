# shellcheck shell=bash disable=SC2154,SC2034 # the files of toolchain/build share their variables
# How the steps of a build are run: in which environment and folders, at the same time where they
# may, each with a log of its own, and what is left when one fails. Read by toolchain/build.
set -euo pipefail

say() { printf 'toolchain: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
wrong_usage() { say "$* (--help shows what there is)"; exit 2; }

is_target() { [[ " ${all_targets[*]} " == *" $1 "* ]]; }

# Some machines export search paths and flags: none of theirs may get into a sysroot.
clean_environment() {
    unset LIBRARY_PATH CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH LD_LIBRARY_PATH \
        LD_RUN_PATH PKG_CONFIG_PATH PKG_CONFIG_LIBDIR CFLAGS CXXFLAGS CPPFLAGS LDFLAGS ASFLAGS \
        LIBS MAKEFLAGS CC CXX AR RANLIB CONFIG_SITE DESTDIR CMAKE_GENERATOR CMAKE_TOOLCHAIN_FILE \
        CCC_OVERRIDE_OPTIONS COMPILER_PATH
    export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=1700000000 ZERO_AR_DATE=1
    umask 022
}

# check_tools TARGET...: are all programs here that building and trying these targets takes?
check_tools() {
    local tool target missing=()
    for target; do
        emulator_of "$target" >/dev/null || missing+=("qemu-${target%%-*}-static")
    done
    for tool in clang-19 ld.lld-19 llvm-ar-19 cmake ninja make patch xz; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [[ -e $doctest_header ]] || missing+=("$doctest_header")
    ((${#missing[@]} == 0)) || die "not installed: ${missing[*]} (the apt packages are in $here/packages.list)"
    llvm=$(dirname "$(readlink -f "$(command -v clang-19)")")
}

# The program that runs the target's programs; nothing for this machine's own.
emulator_of() {
    local machine=${1%%-*}
    [[ $machine != "$(uname -m)" ]] || return 0
    command -v "qemu-$machine-static" || command -v "qemu-$machine"
}

# One run at a time in one cache. The lock goes when the last process of the run ends.
lock_cache() {
    [[ -z ${cache_lock:-} ]] || return 0
    mkdir -p "$cache"
    exec {cache_lock}>"$cache/lock"
    flock --nonblock "$cache_lock" && return
    say "waiting for another run in $cache"
    flock "$cache_lock"
}

# All that can change the bytes of a target's sysroot, as one short name.
key_of() {
    {
        printf '%s\n' "$1"
        "$llvm/clang" --version
        cat "$doctest_header" "$here"/{sources.lock,build,*.sh,patches/*,check/*}
    } | sha256sum | cut -c 1-16
}

# CMake's toolchain files look there, wherever the cache is.
link_sysroot() {
    local link=$links/$1 place=$2
    [[ $(readlink "$link") != "$place" ]] || return 0
    mkdir -p "$links"
    ln -sfn "$place" "$link.new"
    mv -T "$link.new" "$link"
}

# The folder that everything is unpacked and built in; one that a killed run left goes first.
make_work_folder() {
    mkdir -p "$1"
    rm -rf "$1"/.work.*
    work=$(mktemp -d "$1/.work.XXXXXX")
    src=$work/src
    logs=$cache/logs
    target="all targets"
    chains=()
    mkdir -p "$src" "$logs"
    trap 'stop_steps; remove_work_folder' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

remove_work_folder() {
    rm -rf "$work"
    trap - EXIT INT TERM HUP
}

# Sets what the recipes read: the target's names and folders.
prepare_target() {
    target=$1
    machine=${target%%-*}
    build=$work/$target
    root=$build/sysroot
    logs=$cache/logs/$target
    rm -rf "$logs"
    mkdir -p "$root/usr/include" "$root/usr/lib" "$root/clang" "$logs"
}

move_into_place() {
    mkdir -p "${1%/*}"
    mv -T "$root" "$1"
}

# at_once "STEP..." "STEP..." ...: each argument is a chain of steps that run in order; the chains
# run at the same time. The first failure ends them all, and the run.
at_once() {
    local chain
    for chain; do
        set -m # a process group of its own, so that make and its children can be ended too
        run_chain "$chain" &
        set +m
        chains+=($!)
    done
    for chain in "${chains[@]}"; do
        wait -n || exit 1
    done
    chains=()
}

stop_steps() {
    local chain
    for chain in "${chains[@]}"; do
        kill -- "-$chain" 2>/dev/null || true
    done
    wait
}

run_chain() {
    local step
    for step in $1; do
        run_step "$step"
    done
}

# The subshell is what makes "set -e" hold inside a step: called as a condition, it would not.
run_step() {
    local name=$1 log=$logs/$1.log start=$EPOCHREALTIME status
    set +e
    (
        set -e
        "$name"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    if ((status)); then
        say "$target: step $name failed; its log is $log and ends with"
        tail -n 25 "$log" | cut -c 1-200 | sed 's/^/    /' >&2
        exit 1
    fi
    printf '%7.1f s  %-20s %s\n' "$(elapsed "$start")" "$target" "$name" >&2
}

elapsed() {
    local microseconds=$((${EPOCHREALTIME/./} - ${1/./}))
    printf '%d.%d' $((microseconds / 1000000)) $((microseconds / 100000 % 10))
}
