# shellcheck shell=bash
# Sourced: accounts with the same ids in every build. Which id a package's account gets depends otherwise on the order
# of installation, and a data volume outlives many images. The lists are `accounts` in each layer:
#   user NAME UID GROUP HOME SHELL
#   group NAME GID
# A user's group of the same name has the same number and no line of its own.

# The layers' lists as one, without comments.
merge_accounts() {
    local layer
    for layer in $LAYERS; do
        [[ ! -e $layer/accounts ]] || sed 's/#.*//; /^[[:space:]]*$/d' "$layer/accounts"
    done
}

# add_accounts LIST ROOT: before the packages are installed that would make them.
add_accounts() {
    local list=$1 root=$2 kind name id group home shell
    while read -r kind name id group home shell; do
        if [[ $kind == group || $group == "$name" ]]; then
            printf '%s:x:%s:\n' "$name" "$id" >>"$root/etc/group"
            [[ ! -e $root/etc/gshadow ]] || printf '%s:*::\n' "$name" >>"$root/etc/gshadow"
        fi
        [[ $kind == user ]] || continue
        printf '%s:x:%s:%s::%s:%s\n' "$name" "$id" "$(group_id "$root" "$group")" "$home" "$shell" >>"$root/etc/passwd"
        [[ ! -e $root/etc/shadow ]] || printf '%s:!*:1::::::\n' "$name" >>"$root/etc/shadow"
    done <"$list"
}

group_id() { awk -F : -v name="$2" '$1 == name { print $3 }' "$1/etc/group"; }

# check_accounts LIST ROOT: every account that Debian's base-passwd does not number itself is in the list.
check_accounts() {
    local unlisted
    unlisted=$(comm -13 <(awk '$1 == "user" { print "user " $2 " " $3; if ($4 == $2) print "group " $2 " " $3 }
                               $1 == "group" { print "group " $2 " " $3 }' "$1" | sort) \
        <({ awk -F : '$3 >= 100 && $3 < 65534 { print "user " $1 " " $3 }' "$2/etc/passwd"
            awk -F : '$3 > 100 && $3 < 65534 { print "group " $1 " " $3 }' "$2/etc/group"; } | sort))
    [[ ! $unlisted ]] || { printf '%s: accounts without a fixed id; add to an accounts list: %s\n' "${0##*/}" "$unlisted" >&2; return 1; }
}
