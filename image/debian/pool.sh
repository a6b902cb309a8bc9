# shellcheck shell=bash disable=SC2154 # the scripts that read these files share their variables
# pool.sh (sourced): the packages that we built, as a repository that apt takes before Debian's.
#
#   POOL/ARCH/NAME_VERSION/     the packages of one build, every version side by side; complete where it exists
#   POOL/ARCH/current/NAME      a link to the build that counts
#   POOL/{Packages,Release}     the index of the builds that count, of all architectures
#
# apt: `deb [trusted=yes] copy:POOL ./` with the pin of pool.preferences, without which a newer version of Debian's
# would win. Expects `die CODE TEXT`, $pool and $arch. A build appears by one rename, an index by another.

# publish BUILD FOLDER: FOLDER/*.deb become the build BUILD (NAME_VERSION) and the one that counts.
publish() {
    local build=$1 staged
    mkdir -p "$pool/$arch"
    rm -rf "$pool/$arch"/.making-*
    staged=$(mktemp -d "$pool/$arch/.making-XXXXXX")
    cp "$2"/*.deb "$staged/"
    describe_packages "./$arch/$build" "$staged" >"$staged/stanzas"
    chmod 0755 "$staged"
    sync -f "$staged"
    rm -rf "${pool:?}/$arch/$build"
    mv -T "$staged" "$pool/$arch/$build"
    make_current "$build"
}

# make_current BUILD
make_current() {
    mkdir -p "$pool/$arch/current"
    ln -sfT "../$1" "$pool/$arch/current/${1%%_*}"
    write_index
}

# What a Packages file says of each package: its control file, and where and what its bytes are.
describe_packages() {
    local deb
    for deb in "$2"/*.deb; do
        dpkg-deb --field "$deb"
        printf 'Filename: %s/%s\nSize: %s\nSHA256: %s\n\n' "$1" "${deb##*/}" "$(stat -c %s "$deb")" \
            "$(sha256sum "$deb" | cut -d ' ' -f 1)"
    done
}

# Written only where it says something new, so that its time is that of the last change.
write_index() {
    find "$pool" -mindepth 3 -maxdepth 3 -path '*/current/*' -printf '%p/stanzas\0' | sort -z |
        xargs -0r cat >"$pool/.Packages"
    cmp -s "$pool/.Packages" "$pool/Packages" && rm "$pool/.Packages" && return
    cat >"$pool/.Release" <<RELEASE
Origin: aimee
Label: aimee
Suite: aimee
Date: $(date --utc --rfc-email)
SHA256:
 $(sha256sum "$pool/.Packages" | cut -d ' ' -f 1) $(stat -c %s "$pool/.Packages") Packages
RELEASE
    mv "$pool/.Release" "$pool/Release"
    mv "$pool/.Packages" "$pool/Packages"
}
