# shellcheck shell=bash disable=SC2154 # vm-build.sh, which reads this file, and it share their variables
# handover.sh (sourced): what this run's machine must know and its root, which others use too, must not: the command, what is
# shared, and this machine's way to Debian's mirror.
#
#   collect_handover DIR         writes it; vm/init in the machine reads it
#   pack_handover DIR BUSYBOX    DIR/handover as a cpio archive on standard output
#
# In the machine this machine's loopback is 10.0.2.2, so each loopback address becomes that one.

# shellcheck source-path=SCRIPTDIR source=../debian/build-apt.sh
source "$here/debian/build-apt.sh"

collect_handover() {
    mkdir -p "$1/apt/auth.conf.d"
    debian_sources | away_from_loopback >"$1/apt/sources.list"
    { apt_access; proxies; } | away_from_loopback >"$1/apt/apt.conf"
    write_names "$1/apt" >"$1/hosts"
    write_certificates "$1"
    write_credentials "$1/apt/auth.conf.d"
    write_command >"$1/command"
}

away_from_loopback() { sed -E 's#(://([^/@ "]*@)?)(localhost|127\.[0-9.]+|\[::1\])([:/"]|$)#\110.0.2.2\4#g'; }

# Those of the environment, and the answer of a program that finds one, since the machine does not have that program.
proxies() {
    local scheme variable detector found
    for scheme in http https; do
        variable=${scheme}_proxy
        [[ ! ${!variable-} ]] || printf 'Acquire::%s::Proxy "%s";\n' "$scheme" "${!variable}"
        detector=$(apt-config dump --format '%v' "Acquire::$scheme::Proxy-Auto-Detect")
        [[ $detector ]] || continue
        found=$("$detector" "$scheme://$(debian_mirror Debian | sed -E 's#^[a-z]+://([^/]*).*#\1#')") || found=''
        [[ $found != *://* ]] || printf 'Acquire::%s::Proxy "%s";\n' "$scheme" "$found"
        printf '#clear Acquire::%s::Proxy-Auto-Detect;\n' "$scheme"
    done
}

# The names of mirror and proxies, as this machine knows them: /etc/hosts or a resolver of its own may say so.
write_names() {
    local name address
    sed -nE 's#.*[a-z]://([^/@" ]*@)?([^/:" ]+).*#\2#p' "$1/sources.list" "$1/apt.conf" | sort -u |
        while read -r name; do
            [[ $name =~ [a-z] ]] || continue
            read -r address _ < <(getent ahostsv4 "$name") || continue
            [[ $address != 127.* ]] || address=10.0.2.2
            printf '%s %s\n' "$address" "$name"
        done
}

write_certificates() {
    local file
    file=$(apt-config dump --format '%v' Acquire::https::CAInfo)
    for file in "$file" "${SSL_CERT_FILE-}" /etc/ssl/certs/ca-certificates.crt; do
        [[ -r $file ]] || continue
        cat "$file" >"$1/certificates.crt"
        # A path of this machine's: in the machine the file lies elsewhere.
        sed -i '/^Acquire::https::CA\(Info\|Path\)/Id' "$1/apt/apt.conf"
        echo 'Acquire::https::CAInfo "/etc/ssl/certs/ca-certificates.crt";' >>"$1/apt/apt.conf"
        return
    done
}

# A user cannot read the credentials of a machine that keeps them from users; apt could not use them here either.
write_credentials() {
    local file
    for file in /etc/apt/auth.conf /etc/apt/auth.conf.d/*.conf; do
        [[ ! -r $file || ! -f $file ]] || cp "$file" "$1/$(basename "$file" .conf).conf"
    done
}

# Read by bash in the machine. The release's time is told, because the repository may not be in what is shared.
write_command() {
    local name environment=("SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$("$here/release-time" "${shares[@]}")}")
    for name in V VERBOSE; do
        [[ ! ${!name-} ]] || environment+=("$name=${!name}")
    done
    printf 'source_tree=%q\n' "$top"
    printf 'shares=(%s)\n' "$(words "${shares[@]}")"
    printf 'environment=(%s)\n' "$(words "${environment[@]}")"
    printf 'make_arguments=(%s)\n' "$(words "${make_arguments[@]}")"
}

words() { (($# == 0)) || printf '%q ' "$@"; }

pack_handover() { (cd "$1" && find handover | "$2" cpio -o -H newc 2>/dev/null); }
