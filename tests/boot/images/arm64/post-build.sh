#!/usr/bin/env bash
set -euo pipefail
"$TOP/tests/boot/images/add-test-shell"
