# shellcheck shell=bash
# Sourced by what deals with Debian's packages: which suite, from where, and what is preferred. The mirror is this
# machine's own, as apt knows it. Needs apt; POOL and LAYERS as make exports them.

# shellcheck source-path=SCRIPTDIR source=../../toolchain/mirror.sh
source "${BASH_SOURCE[0]%/*}/../../toolchain/mirror.sh"

readonly suite=trixie keyring=/usr/share/keyrings/debian-archive-keyring.gpg
here=${BASH_SOURCE[0]%/*}

die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# names LIST-NAME...: the words of these package lists of all layers.
names() {
    local list layer
    for list; do
        for layer in $LAYERS; do
            "$here/../read-list" "$layer/$list.packages"
        done
    done
}

# The sources, security and stable updates among them; backports are seen and, unless named, never taken.
apt_sources() {
    local debian security
    debian=$(debian_mirror Debian) security=$(debian_mirror Debian-Security)
    [[ $debian ]] || die 'apt of this machine knows no Debian mirror; check its sources, then apt-get update'
    printf "deb [signed-by=$keyring] %s %s %s\n" "$debian" "$suite" 'main non-free-firmware' \
        "$debian" "$suite-updates" 'main non-free-firmware' "$debian" "$suite-backports" main
    [[ ! $security ]] || printf "deb [signed-by=$keyring] %s %s %s\n" "$security" "$suite-security" 'main non-free-firmware'
    [[ ! -e $POOL/Packages ]] || echo "deb [trusted=yes] copy:$POOL ./"
}

apt_preferences() {
    local name
    printf 'Package: *\nPin: release n=%s-backports\nPin-Priority: -1\n\n' "$suite"
    cat "$here/pool.preferences"
    echo
    names backports | while read -r name; do
        printf 'Package: %s\nPin: release n=%s-backports\nPin-Priority: 900\n\n' "$name" "$suite"
    done
}

# apt_for ARCH COMMAND...: an apt command for that architecture, with configuration and indices in O/apt.
apt_for() {
    local home=$O/apt/$1 command=$2
    "$command" -qq "${apt_patience[@]}" -o Dir::Etc="$home/etc" -o Dir::State="$home/state" -o Dir::State::status="$home/status" \
        -o Dir::Cache="$home/cache" -o APT::Architecture="$1" -o APT::Architectures="$1" -o APT::Sandbox::User=root \
        "${@:3}"
}

# download ARCH FOLDER NAME...: the packages' files.
download() {
    local machine=$1 folder=$2
    shift 2
    mkdir -p "$folder"
    (cd "$folder" && apt_for "$machine" apt-get download "$@") ||
        die 'a package could not be had; where the archive has replaced it meanwhile, make refresh asks anew'
}
