# shellcheck shell=bash disable=SC2154,SC2034 # the files of toolchain/build share their variables
# How each part of a sysroot is built: one function a step, run in the order of build_sysroot.
# Read by toolchain/build, which sets target, machine, src, build, root and llvm.
set -euo pipefail

doctest_header=/usr/include/doctest/doctest.h

# What every object is compiled with. The maps keep this machine's paths out of the objects,
# -fno-ident the compiler's exact package: Debian 12 and 13 give the same bytes.
flags() {
    printf '%s ' -Oz -mllvm -enable-machine-outliner=always -fno-ident -ffunction-sections -fdata-sections -fno-unwind-tables \
        -fno-asynchronous-unwind-tables "-ffile-prefix-map=$src=source" \
        "-ffile-prefix-map=$build=build" "-ffile-prefix-map=$root=sysroot"
}

# The C libraries besides: they parse disks and files as root, hence the stack protector. They are
# bitcode, so that the product's link optimises them with the rest.
library_flags() {
    flags
    printf '%s ' -flto=full -fstack-protector-strong
}

# No part of the sysroot throws or asks for a type at run time, so the programs do not either: an
# exception could not pass through it, and the unwinder and its tables stay out.
clang_config() {
    cat >"$root/musl.cfg" <<EOF
# clang --config=THIS compiles and links for $target
--target=$target
--sysroot=<CFGDIR>
-resource-dir=<CFGDIR>/clang
-stdlib=libc++
-stdlib++-isystem<CFGDIR>/usr/include/c++/v1
-rtlib=compiler-rt
-unwindlib=none
-fuse-ld=lld
-static
-fno-exceptions
-fno-rtti
-fno-unwind-tables
-fno-asynchronous-unwind-tables
EOF
}

musl() {
    mkdir "$build/musl"
    cd "$build/musl"
    CC="$llvm/clang --target=$target" AR=$llvm/llvm-ar RANLIB=$llvm/llvm-ranlib CFLAGS=$(flags) LIBCC=" " \
        "$src/musl/configure" --target="$target" --prefix=/usr --disable-shared --disable-wrapper
    make -j "$(nproc)"
    make install DESTDIR="$root"
}

kernel_headers() {
    local folder headers
    headers=$(echo "$src/linux-$machine"/usr/*/include)
    for folder in linux asm asm-generic mtd misc rdma; do
        cp -r "$headers/$folder" "$root/usr/include/"
    done
}

# clang's own: stddef.h, the intrinsics. The folders that go are the sanitizers' package, which is
# not on every machine: the bytes must not depend on it.
compiler_headers() {
    cp -r "$llvm/../lib/clang/19/include" "$root/clang/"
    rm -rf "$root"/clang/include/{fuzzer,orc,sanitizer}
}

cmake_build() {
    local from=$1
    shift
    cmake -G Ninja -S "$src/llvm/$from" -B "$build/$from" -DCMAKE_BUILD_TYPE=MinSizeRel \
        -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$machine" -DCMAKE_SYSROOT="$root" \
        -DCMAKE_{C,ASM}_COMPILER="$llvm/clang" -DCMAKE_CXX_COMPILER="$llvm/clang++" \
        -DCMAKE_{C,CXX,ASM}_COMPILER_TARGET="$target" \
        -DCMAKE_AR="$llvm/llvm-ar" -DCMAKE_RANLIB="$llvm/llvm-ranlib" -DCMAKE_NM="$llvm/llvm-nm" \
        -DCMAKE_{C,CXX,ASM}_FLAGS="-resource-dir=$root/clang $(flags)" "$@"
    ninja -C "$build/$from" -j "$(nproc)" install
}

# The compiler's helper functions (clang_rt.builtins), and crtbegin and crtend. Nothing can be
# linked before they are there, hence the try-compile type.
builtins() {
    cmake_build compiler-rt/lib/builtins -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY \
        -DCOMPILER_RT_STANDALONE_BUILD=ON -DCOMPILER_RT_DEFAULT_TARGET_ONLY=ON \
        -DCOMPILER_RT_BUILD_CRT=ON -DLLVM_ENABLE_PER_TARGET_RUNTIME_DIR=OFF \
        -DCOMPILER_RT_INSTALL_PATH="$root/clang"
}

# Never with a try-compile type of STATIC_LIBRARY: every check for a function would say yes.
libcxx() {
    cmake_build runtimes -DLLVM_ENABLE_RUNTIMES="libcxxabi;libcxx" -DCMAKE_INSTALL_PREFIX="$root/usr" \
        -DCMAKE_EXE_LINKER_FLAGS="-fuse-ld=lld -rtlib=compiler-rt -static -nostdlib++ -unwindlib=none" \
        -DLLVM_INCLUDE_TESTS=OFF -DLIB{CXXABI,CXX}_INCLUDE_TESTS=OFF \
        -DLIB{CXXABI,CXX}_ENABLE_SHARED=OFF -DLIB{CXXABI,CXX}_USE_COMPILER_RT=ON \
        -DLIB{CXXABI,CXX}_ENABLE_EXCEPTIONS=OFF -DLIBCXX_ENABLE_RTTI=OFF \
        -DLIBCXXABI_USE_LLVM_UNWINDER=OFF -DLIBCXXABI_ENABLE_ASSERTIONS=OFF \
        -DLIBCXXABI_SILENT_TERMINATE=ON \
        -DLIBCXX_HAS_MUSL_LIBC=ON -DLIBCXX_CXX_ABI=libcxxabi -DLIBCXX_ENABLE_STATIC_ABI_LIBRARY=ON \
        -DLIBCXX_HARDENING_MODE=fast -DLIBCXX_INCLUDE_BENCHMARKS=OFF -DLIBCXX_INSTALL_MODULES=OFF
    rm "$root/usr/lib/libc++experimental.a"
}

# configure_in NAME ARGUMENT...: an autotools library, in a folder of its own. Bitcode keeps the name
# of its source as the compiler was given it, hence the relative path.
configure_in() {
    local name=$1
    shift
    mkdir "$build/$name"
    cd "$build/$name"
    CC="$llvm/clang --config=$root/musl.cfg" AR=$llvm/llvm-ar RANLIB=$llvm/llvm-ranlib NM=$llvm/llvm-nm \
        CFLAGS=$(library_flags) "../../src/$name/configure" --host="$target" --prefix=/usr --sysconfdir=/etc \
        --localstatedir=/var --disable-shared --disable-dependency-tracking "$@"
}

# compile FLAG... FILE...: C files into objects in the current folder. Named relative to it, as above.
compile() {
    # shellcheck disable=SC2046 # the flags are words
    "$llvm/clang" --config="$root/musl.cfg" $(library_flags) -std=gnu11 -D_GNU_SOURCE -c "$@"
}

# For libselinux's file contexts only, which use neither Unicode nor the JIT: 200 KB less.
pcre2() {
    configure_in pcre2 --disable-unicode --disable-jit
    make -j "$(nproc)" libpcre2-8.la
    cp .libs/libpcre2-8.a "$root/usr/lib/"
    cp src/pcre2.h "$root/usr/include/"
}

# Without restorecon (it needs fts, which musl has not), the loading of policies (it needs
# libsepol; systemd does it) and the label backends other than files.
libselinux() {
    local file sources=()
    mkdir "$build/libselinux"
    cd "$build/libselinux"
    for file in ../../src/libselinux/src/*.c; do
        case ${file##*/} in
        selinux_restorecon.c | load_policy.c | audit2why.c) ;;
        label_backends_android.c | label_db.c | label_media.c | label_x.c) ;;
        *) sources+=("$file") ;;
        esac
    done
    compile -I"$src/libselinux/include" -D_LARGEFILE64_SOURCE -DHAVE_STRLCPY -DHAVE_REALLOCARRAY \
        -DUSE_PCRE2 -DPCRE2_CODE_UNIT_WIDTH=8 -DNO_{MEDIA,DB,X,ANDROID}_BACKEND "${sources[@]}"
    "$llvm/llvm-ar" rcsD "$root/usr/lib/libselinux.a" ./*.o
    cp -r "$src/libselinux/include/selinux" "$root/usr/include/"
    rm "$root/usr/include/selinux/restorecon.h"
}

libbtrfsutil() {
    mkdir "$build/libbtrfsutil"
    cd "$build/libbtrfsutil"
    compile ../../src/btrfs-progs/libbtrfsutil/*.c
    "$llvm/llvm-ar" rcsD "$root/usr/lib/libbtrfsutil.a" ./*.o
    cp "$src/btrfs-progs/libbtrfsutil/btrfsutil.h" "$root/usr/include/"
}

# libblkid and libmount
util_linux() {
    configure_in util-linux --runstatedir=/run --disable-all-programs --enable-libblkid --enable-libmount \
        --disable-nls --disable-asciidoc --disable-poman --disable-bash-completion \
        --without-{systemd,udev,selinux,cryptsetup,econf,python,ncurses,ncursesw,tinfo,readline} \
        --without-{btrfs,audit,util,cap-ng,libmagic,libz,user}
    make -j "$(nproc)" libblkid.la libmount.la
    cp .libs/libblkid.a .libs/libmount.a "$root/usr/lib/"
    install -D -m 644 libblkid/src/blkid.h "$root/usr/include/blkid/blkid.h"
    install -D -m 644 libmount/src/libmount.h "$root/usr/include/libmount/libmount.h"
}

# A header only, for the unit tests.
doctest() {
    install -D -m 644 "$doctest_header" "$root/usr/include/doctest/doctest.h"
}

# A program that uses every library must link, be static without an interpreter, have no segment
# that is writable and executable, and run.
check_sysroot() {
    local program=$build/sysroot_check
    "$llvm/clang++" --config="$root/musl.cfg" -std=c++23 -Os -ffunction-sections -fdata-sections -Wall -Wextra -Werror \
        -Wl,--gc-sections -Wl,--icf=all -Wl,--strip-all -o "$program" "$here/check/sysroot_check.cc" \
        -lselinux -lpcre2-8 -lmount -lblkid -lbtrfsutil
    "$llvm/llvm-readelf" --program-headers "$program" | tee "$build/segments"
    if grep -E 'INTERP|DYNAMIC|RWE' "$build/segments"; then
        echo "not static, or a segment is writable and executable"
        return 1
    fi
    # shellcheck disable=SC2046 # a word, or none
    $(emulator_of "$target") "$program"
    stat --format='%s bytes' "$program"
    if grep -rlF -e "$work" -e "$here" "$root"; then
        echo "these files name a path of this machine"
        return 1
    fi
}
