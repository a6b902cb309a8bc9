# shellcheck shell=bash
# Sourced: the files that the linters look at. `source_files PATTERN...` prints those that git tracks or would
# track below the project's folder, NUL-separated.
source_files() {
    git -c safe.directory='*' ls-files -z --cached --others --exclude-standard -- "$@"
}
