# shellcheck shell=bash disable=SC2154 # the files of toolchain/build share their variables
# Where the sources come from: sources.lock says what they are, Debian's archive or the upstream
# project gives the bytes, and only bytes with the locked hash are kept. Read by toolchain/build.
set -euo pipefail

fetch_sources() {
    local name version file hash pool release have=""
    mkdir -p "$cache/downloads"
    while read -r name version file hash pool release; do
        [[ " $have " != *" $name "* ]] || continue
        if is_intact "$cache/downloads/$file" "$hash"; then
            have+=" $name"
            continue
        fi
        if [[ -e $cache/downloads/$file ]]; then
            say "$file in $cache/downloads is not what sources.lock names: fetching it anew"
        fi
        if fetch "$file" "$hash" "$pool" "$release"; then
            have+=" $name"
        fi
    done < <(lock_lines)
    while read -r name version file hash pool release; do
        [[ " $have " == *" $name "* ]] || die "no address gave $name $version with the hash in sources.lock (tried above)"
    done < <(lock_lines)
}

lock_lines() { grep -v -e '^#' -e '^$' "$here/sources.lock"; }

is_intact() { [[ -e $1 ]] && sha256sum --status --check <<<"$2  $1"; }

# fetch FILE HASH POOL-PATHS RELEASE-ADDRESSES: into the cache, or a word on every address tried
fetch() {
    local file=$1 hash=$2 way address tried=() part=$cache/downloads/.part/$1
    while read -r way address; do
        rm -rf "${part%/*}"
        mkdir "${part%/*}"
        if "download_with_$way" "$address" "$part" "$hash" && is_intact "$part" "$hash"; then
            chmod 644 "$part"
            mv "$part" "$cache/downloads/$file"
            rm -rf "${part%/*}"
            say "fetched $file"
            return
        fi
        tried+=("$address: $problem")
    done < <(addresses_of "$3" "$4")
    rm -rf "${part%/*}"
    say "$file: not to be had; tried"
    for address in "${tried[@]:-nothing: apt has no archive of Debian here, and there is no release address}"; do
        say "    $address"
    done
    return 1
}

addresses_of() {
    local base path
    for path in ${1//,/ }; do
        [[ $path != - ]] || continue
        while read -r base; do
            printf 'apt %s/%s\n' "${base%/}" "$path"
        done < <(archives)
    done
    for path in ${2//,/ }; do
        [[ $path == - ]] || printf 'web %s\n' "$path"
    done
}

# The archives of Debian that this machine's apt uses, without the security one: that has a pool
# of its own. Where the package lists were deleted (containers), apt still says what it would get.
archives() {
    command -v apt-get >/dev/null || return 0
    {
        # shellcheck disable=SC2016 # apt-get's own variables
        apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' | sed -n 's/^Debian Debian //p'
        apt-get update --print-uris 2>/dev/null | sed -n "s|^'\(.*/\)dists/.*|\1|p" | grep -v security
    } | awk '!seen[$0]++'
}

# download_with_WAY ADDRESS FILE HASH: when it fails, "problem" says why

download_with_apt() {
    local output
    output=$(/usr/lib/apt/apt-helper "${apt_patience[@]}" -o APT::Sandbox::User=root download-file "$1" "$2" "SHA256:$3" 2>&1) && return
    problem=$(sed -n 's/^E: //p' <<<"$output" | head -n 1)
    problem=${problem#"Failed to fetch $1  "}
    return 1
}

download_with_web() {
    problem="neither curl nor wget is installed"
    if command -v curl >/dev/null; then
        problem=$(curl --fail --silent --show-error --location --output "$2" "$1" 2>&1) || return 1
    elif command -v wget >/dev/null; then
        problem=$(wget --no-verbose --output-document "$2" "$1" 2>&1) || return 1
    else
        return 1
    fi
    problem="its SHA256 is another one"
}

# --- unpacking, into $src/NAME ---

unpack_sources() {
    unpack musl
    unpack pcre2
    unpack libselinux
    unpack util-linux
    unpack btrfs-progs --wildcards '*/libbtrfsutil'
    unpack llvm --wildcards --no-wildcards-match-slash '*/cmake' '*/runtimes' '*/libcxx' \
        '*/libcxxabi' '*/libc' '*/third-party' '*/llvm/cmake' '*/llvm/utils/llvm-lit' \
        '*/compiler-rt/CMakeLists.txt' '*/compiler-rt/cmake' '*/compiler-rt/lib/builtins'
    unpack linux-x86_64
    unpack linux-aarch64
}

# unpack NAME [TAR-ARGUMENT...]: without the archive's top folder, with our patches
unpack() {
    local name=$1 archive patch
    shift
    archive=$(downloaded "$name")
    mkdir "$src/$name"
    case $archive in
    *.deb) "$llvm/llvm-ar" p "$archive" data.tar.xz | tar -C "$src/$name" -xJ ;;
    *.xz) tar -C "$src/$name" --strip-components=1 --use-compress-program="xz --threads=0" -xf "$archive" "$@" ;;
    *) tar -C "$src/$name" --strip-components=1 -xf "$archive" "$@" ;;
    esac
    for patch in "$here/patches/$name"-*.patch; do
        [[ ! -e $patch ]] || patch --directory="$src/$name" --strip=1 --silent <"$patch"
    done
}

# The file of a source in the cache: the first of its lines whose file is there.
downloaded() {
    local name file _
    while read -r name _ file _; do
        if [[ $name == "$1" && -e $cache/downloads/$file ]]; then
            printf '%s/downloads/%s\n' "$cache" "$file"
            return
        fi
    done < <(lock_lines)
    return 1
}
