# elf.sh, to be sourced: which architecture a program is for, by its ELF header (elf(5): e_machine, 16 bits at byte 18, in
# the byte order of both architectures, the little-endian one).

elf_machine() { od -An -tu2 -j18 -N2 "$1" | tr -d ' '; }

# is_for ARCH PROGRAM: ARCH as Debian names it.
is_for() {
    case $1 in
        amd64) [[ $(elf_machine "$2") == 62 ]] ;;
        arm64) [[ $(elf_machine "$2") == 183 ]] ;;
        *) return 1 ;;
    esac
}
