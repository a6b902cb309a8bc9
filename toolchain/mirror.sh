# shellcheck shell=bash
# mirror.sh (sourced): where this machine's apt gets Debian's packages, and how it gets there, for whatever makes another Debian:
#
#   debian_mirror LABEL  the base address of the archive that calls itself LABEL (Debian, Debian-Security); nothing where apt
#                        knows none
#   apt_access           apt.conf(5) lines for an apt that reads nothing of this machine's: its proxies, certificates and
#                        time limits, and patience
#   apt_patience         the same patience, as options of an apt that does read them
#
# Needs apt. Nothing is changed; APT_CONFIG, where a caller has set one of its own, is left out.

# So many more times after 1, 2, 4 ... 30 seconds (Acquire::Retries::Delay): a mirror whose name does not resolve for a minute
# does not end a build of an hour. What is not there at all (404) is asked for once.
readonly apt_retries=7
# shellcheck disable=SC2034 # for who sources this
readonly apt_patience=(-o "Acquire::Retries=$apt_retries")

debian_mirror() {
    # shellcheck disable=SC2016 # apt-get fills it in
    env -u APT_CONFIG apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Label: $1" \
        'Component: main' 2>/dev/null | head -n 1
}

# Everything of Acquire but which indices to take and how to store them.
apt_access() {
    printf 'Acquire::Retries "%s";\n' "$apt_retries"
    env -u APT_CONFIG apt-config dump --no-empty --format '%F "%v";%n' Acquire |
        grep -Ev '^Acquire::(IndexTargets|CompressionTypes|Languages|GzipIndexes|Changelogs)\b' || true
}
