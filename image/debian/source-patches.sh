# shellcheck shell=bash disable=SC2034,SC2154 # the scripts that read these files share their variables
# source-patches.sh (sourced): which patches a source package gets, and how they are applied.
#
#   find_patches       fills `patches`, in the order in which they are applied: every FOLDER/NAME/*.patch
#   apply_patches DIR  applies them to ~builder/DIR in the build root
#
# Expects `die CODE TEXT`, build-root.sh, $name, $log and `patch_folders`.

find_patches() {
    local folder each
    patches=()
    shopt -s nullglob
    for folder in "${patch_folders[@]}"; do patches+=("$folder/$name"/*.patch); done
    shopt -u nullglob
    for each in "${patches[@]}"; do [[ -r $each ]] || die 1 "$each: cannot be read"; done
}

# Each one whole or the build ends: a hunk that fits by guessing may land in the wrong function.
apply_patches() {
    local each
    build_environment=()
    for each in "${patches[@]}"; do
        printf -- '--- applying %s\n' "$each" >>"$log"
        build_in_root patch --directory="$1" -p1 --fuzz=0 --forward --batch --no-backup-if-mismatch \
            <"$each" >>"$log" 2>&1 ||
            die 1 "$each does not apply to ${build%+*}: bring it up to date (which hunk: $log)"
    done
}
