#!/usr/bin/env bash
# vm-build.sh [--memory MIB] [--cpus N] [--disk GIB] MAKE-ARGUMENT...: what `make -C image MAKE-ARGUMENT...` does, done in
# a small virtual machine: for a host whose SELinux policy must stay on, and for whoever is not root. Nothing here needs
# root. Among the arguments must be O=/path and IMAGESDIR=/path.
#
#   --memory MIB  the machine's memory, 4096 if not given
#   --cpus N      its processors, all of this machine's if not given
#   --disk GIB    the size of its build folder's disk when it is made, 40 if not given; it takes what is written to it
#
# The machine runs Debian trixie: kernel and root are made from packages, once, as O/vm/root-KEY. The source tree, and every
# folder that an argument names (CONFIGDIR=/path, AIMEE_BUILD=/path), is shared into it read-only and has the same path there.
# Its O is a disk of its own, O/vm/build.img, kept, so that a second run does only what is new. When make succeeds, what it put
# into IMAGESDIR comes out; the steps' logs come out always, to O/logs. It reaches the mirror through QEMU's user network
# by what this machine's apt knows: mirror, proxy, certificates, credentials, names in /etc/hosts; addresses of this
# machine's loopback work. What of that is secret is in a private temporary folder and gone with the machine.
#
# KVM is used where /dev/kvm can be opened and the processor has virtualization; else the machine is emulated, some 15 times
# slower.
# Needs vm/host.packages. Exit: make's own exit code; 1 also where the machine could not be made or ended by itself;
# 2 wrong usage; 130 after ^C, which ends the machine.
set -euo pipefail
export LC_ALL=C
umask 022
PATH=$PATH:/usr/sbin:/sbin

here=$(realpath "${BASH_SOURCE[0]%/*}")
top=$(dirname "$here")
readonly here top
# shellcheck source-path=SCRIPTDIR source=vm/handover.sh
source "$here/vm/handover.sh"

main() {
    read_options "$@"
    check_host
    take_folder
    make_root
    make_disk
    make_handover
    run_machine
    take_logs
    end_as_make_did
    take_images
}

die() { printf 'vm-build.sh: %s\n' "$2" >&2; exit "$1"; }
usage() { die 2 'usage: vm-build.sh [--memory MIB] [--cpus N] [--disk GIB] O=/path IMAGESDIR=/path MAKE-ARGUMENT...'; }

# Fills `folder`, `images`, `make_arguments` (without these two) and `shares`, folders that the machine is shown.
read_options() {
    memory=4096 cpus=$(nproc) disk=40 folder='' images='' make_arguments=() shares=("$top")
    while (($#)); do
        case $1 in
            --memory | --cpus | --disk)
                [[ ${2-} =~ ^[1-9][0-9]*$ ]] || die 2 "$1: ${2:-nothing}: not a number"
                printf -v "${1#--}" %d "$2"
                shift
                ;;
            --*) usage ;;
            O=*) folder=${1#O=} ;;
            IMAGESDIR=*) images=${1#IMAGESDIR=} ;;
            *) read_make_argument "$1" ;;
        esac
        shift
    done
    [[ $folder == /* && $images == /* ]] || usage
    mkdir -p "$folder" "$images"
    folder=$(realpath "$folder") images=$(realpath "$images")
}

read_make_argument() {
    local path=${1#*=}
    make_arguments+=("$1")
    [[ $1 == *=/* ]] || return 0
    [[ -d $path ]] || die 2 "$1: no such folder"
    path=$(realpath -s "$path")
    [[ $path/ == "$top"/* ]] || shares+=("$path")
}

check_host() {
    local missing=() program
    [[ $(dpkg --print-architecture) == amd64 ]] || die 1 'this machine is not an amd64 one; run make as root instead'
    for program in qemu-system-x86_64:qemu-system-x86 mmdebstrap sqfstar:squashfs-tools modprobe:kmod mkfs.ext4:e2fsprogs \
        xz:xz-utils; do
        command -v "${program%:*}" >/dev/null || missing+=("${program#*:}")
    done
    ((!${#missing[@]})) || die 1 "missing here; as root: apt-get install ${missing[*]} (all: image/vm/host.packages)"
}

# Two runs on one disk would destroy it.
take_folder() {
    state=$folder/vm
    mkdir -p "$state"
    exec {lock}>"$state/lock"
    flock --nonblock "$lock" || die 1 "$folder: another vm-build.sh is at work there"
    rm -rf "$state/results"
    mkdir -p "$state/results"
}

# Named by what it is made from, so that a changed list makes another. The month is in it for Debian's updates.
make_root() {
    local key lists=("$here/vm/machine.packages" "$here/debian/builder.packages" "$top/toolchain/packages.list") list
    for list in "$here" "${shares[@]:1}"; do
        [[ ! -e $list/host-tools.packages ]] || lists+=("$list/host-tools.packages")
    done
    key=$(cat "$here/vm/make-root" "${lists[@]}" | cat - <(date +%Y%m) | sha256sum | cut -c 1-12)
    root=$state/root-$key
    [[ -d $root ]] && return
    rm -rf "$state"/root-*
    "$here/vm/make-root" "$root" "${lists[@]}"
}

make_disk() {
    [[ ! -e $state/build.img ]] || return 0
    truncate -s "${disk}G" "$state/build.img.new"
    mkfs.ext4 -q -F -m 0 -E lazy_itable_init=1,lazy_journal_init=1 "$state/build.img.new"
    mv "$state/build.img.new" "$state/build.img"
}

# What only this run's machine must know comes last in its initramfs.
make_handover() {
    private=$(mktemp -d)
    trap end_machine EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    collect_handover "$private/handover"
    cp "$here/vm/init" "$private/handover/init"
    pack_handover "$private" "$root/busybox" >"$private/handover.cpio"
    cat "$root/initrd" "$private/handover.cpio" >"$private/initrd"
}

# A path in one of QEMU's options has its commas doubled.
quoted() { printf '%s' "${1//,/,,}"; }

# Without the processor's own virtualization /dev/kvm is that of pvm, which does not run Debian's kernel.
has_kvm() { grep -qwE '^flags.*(vmx|svm)' /proc/cpuinfo && { : <>/dev/kvm; } 2>/dev/null; }

run_machine() {
    local accelerator=(-accel 'tcg,thread=multi' -cpu max) options=() tag=0 share
    if has_kvm; then
        accelerator=(-accel kvm -cpu host)
    else
        echo 'vm-build.sh: no KVM here: the machine is emulated, which takes some 15 times as long' >&2
    fi
    for share in "${shares[@]}"; do
        options+=(-virtfs "local,path=$(quoted "$share"),mount_tag=share$tag,security_model=none,multidevs=remap,readonly=on")
        tag=$((tag + 1))
    done
    # The machine ends with this script, even where that is killed.
    setpriv --pdeathsig TERM -- qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -M q35 "${accelerator[@]}" \
        -m "$memory" -smp "$cpus" -display none -chardev stdio,id=console,signal=off -serial chardev:console \
        -kernel "$root/vmlinuz" -initrd "$private/initrd" -append 'console=ttyS0 panic=-1 quiet loglevel=2' \
        -drive "file=$(quoted "$root/root.squashfs"),if=virtio,format=raw,readonly=on" \
        -drive "file=$(quoted "$state/build.img"),if=virtio,format=raw,discard=unmap,detect-zeroes=unmap" \
        -netdev user,id=network -device virtio-net-pci,netdev=network,romfile= -device virtio-rng-pci \
        -virtfs "local,path=$(quoted "$state/results"),mount_tag=results,security_model=none" \
        "${options[@]}" </dev/null &
    machine=$!
    wait "$machine" || die 1 'QEMU failed (above)'
    machine=''
}

end_machine() {
    if [[ ${machine-} ]]; then
        kill "$machine" 2>/dev/null || true
        wait "$machine" 2>/dev/null || true
    fi
    rm -rf "$private"
}

take_logs() {
    [[ -d $state/results/logs ]] || return 0
    mkdir -p "$folder/logs"
    cp -r "$state/results/logs/." "$folder/logs/"
}

end_as_make_did() {
    local code
    [[ -s $state/results/exit ]] || die 1 'the machine ended without a result; its last words are above'
    code=$(<"$state/results/exit")
    [[ $code == 0 ]] || die "$code" "make failed in the machine (exit code $code); the steps' logs: $folder/logs"
}

# Each under its name only when it is whole; what lies in IMAGESDIR under other names stays. tar, because cp makes holes
# of written zeros, too.
take_images() {
    local staged=$images/.vm-build path
    [[ -d $state/results/images ]] || return 0
    rm -rf "$staged"
    mkdir "$staged"
    tar -C "$state/results/images" --create --sparse --hole-detection=seek . | tar -C "$staged" -x
    for path in "$staged"/*; do
        [[ -e $path ]] || continue
        rm -rf "${images:?}/${path##*/}"
        mv -T "$path" "$images/${path##*/}"
    done
    rm -rf "$staged" "$state/results"
}

main "$@"
