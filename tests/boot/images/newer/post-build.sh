#!/usr/bin/env bash
set -euo pipefail
"$TOP/tests/boot/images/add-test-shell"
cd "$TARGET_DIR/etc"
echo 'newer:x:900:900::/:/usr/sbin/nologin' >>passwd
echo 'newer:x:900:' >>group
echo 'newer:!*:20000:0:99999:7:::' >>shadow
printf '/var/opt(/.*)?\tsystem_u:object_r:usr_t:s0\n' >>selinux/default/contexts/files/file_contexts.local
