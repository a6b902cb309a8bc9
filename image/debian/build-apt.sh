# shellcheck shell=bash
# build-apt.sh (sourced): apt with a configuration of its own, in a folder of its own, that reaches Debian's mirror the way
# this machine does. The machine's own lists, cache, packages and configuration are read at most, never changed.
#
#   debian_sources [deb-src]     sources.list lines for trixie, its updates and its security updates
#   write_apt_configuration DIR BUILD-ARCH [ARCH]  DIR/apt.conf and what it names; exported as APT_CONFIG
#   renew_index                  apt-get update, through APT_CONFIG
#
# Expects `die CODE TEXT`. Nothing here needs root.

# shellcheck source-path=SCRIPTDIR source=../../toolchain/mirror.sh
source "${BASH_SOURCE[0]%/*}/../../toolchain/mirror.sh"

readonly suite=trixie
readonly archive_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# A machine may know no mirror of the security archive; then its updates are not to be had, which is no error here.
debian_sources() {
    local kind main security
    main=$(debian_mirror Debian)
    [[ $main ]] || die 1 'apt knows no Debian mirror; apt-get update?'
    security=$(debian_mirror Debian-Security)
    for kind in deb "$@"; do
        printf '%s [signed-by=%s] %s %s main\n' "$kind" "$archive_keyring" "$main" "$suite"
        printf '%s [signed-by=%s] %s %s-updates main\n' "$kind" "$archive_keyring" "$main" "$suite"
        [[ ! $security ]] ||
            printf '%s [signed-by=%s] %s %s-security main\n' "$kind" "$archive_keyring" "$security" "$suite"
    done
}

# Credentials stay where the machine keeps them: the configuration names the folder.
write_apt_configuration() {
    local dir=$1 arch
    shift
    mkdir -p "$dir"/lists/partial "$dir"/archives/partial
    debian_sources deb-src >"$dir/sources.list.new"
    mv "$dir/sources.list.new" "$dir/sources.list"
    [[ -e $dir/status ]] || : >"$dir/status"
    {
        apt_access
        for arch; do printf 'APT::Architectures:: "%s";\n' "$arch"; done
        cat <<CONFIGURATION
APT::Architecture "$1";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Get::Assume-Yes "true";
Acquire::Languages "none";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$dir/lists";
Dir::State::status "$dir/status";
Dir::State::extended_states "$dir/extended_states";
Dir::Cache "$dir";
Dir::Cache::archives "$dir/archives";
Dir::Log "$dir";
quiet "2";
Dpkg::Use-Pty "false";
CONFIGURATION
    } >"$dir/apt.conf"
    export APT_CONFIG=$dir/apt.conf
}

# A mirror that cannot be reached is an error: what was newest at some earlier time is no answer.
renew_index() {
    local answer
    answer=$(apt-get -o APT::Update::Error-Mode=any update 2>&1) ||
        die 1 "apt-get update: $(grep -m 1 -E '^(E|Err|W):' <<<"$answer" || tail -n 1 <<<"$answer")"
}
