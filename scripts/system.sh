#!/usr/bin/env bash
# 检查系统软件包（system packages）；缺什么：root 直接安装，否则打印一行安装命令后停止。
# usage: scripts/system.sh run|test
set -euo pipefail
mode=${1:-run}
export PATH=$PATH:/usr/sbin:/sbin
need=()

library() { ldconfig -p 2>/dev/null | grep -q "$1" || need+=("$2"); }
command_() { command -v "$1" >/dev/null 2>&1 || need+=("$2"); }

if python=$(scripts/python.sh); then
  "$python" -c 'import ensurepip, venv' 2>/dev/null || need+=(python3-venv)
else
  need+=(python3 python3-venv)
fi
library libpango-1.0.so.0 libpango-1.0-0
library libpangoft2-1.0.so.0 libpangoft2-1.0-0
# Without it one page of PDF takes ten seconds instead of a fifth of one, and nothing says so.
library libharfbuzz-subset.so.0 libharfbuzz-subset0
command_ fc-list fontconfig
if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=zh-cn family | head -1)" ]; then
  need+=(fonts-noto-cjk)
fi
if [ "$mode" = test ]; then
  command_ chromium chromium
  command_ pdftotext poppler-utils
  command_ redis-server redis-server
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || need+=(postgresql)
fi

[ ${#need[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "正在安装系统软件包：${need[*]}"
  log=$(mktemp)
  # RUNLEVEL=1 keeps the packages from starting servers of their own.
  if ! { apt-get -qq update &&
    env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq install -y --no-install-recommends "${need[@]}"; } >"$log" 2>&1; then
    tail -20 "$log" >&2
    echo "系统软件包安装失败，完整记录见 $log" >&2
    exit 1
  fi
  rm -f "$log"
  exit 0
fi

echo "缺少系统软件包：${need[*]}。请以管理员身份执行下面一行，然后重新运行本命令：" >&2
echo "sudo apt-get update && sudo apt-get install -y --no-install-recommends ${need[*]}" >&2
exit 1
