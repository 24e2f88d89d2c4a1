# seikaku の作業をまとめたもの。何ができるかは `make`（または make help）で表示します。
# 環境は .venv に作ります。2 回目からは、pyproject.toml と constraints.txt が変わらない限り、入れ直しません。
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
BASE_STAMP := .venv/.stamp-base
DEV_STAMP := .venv/.stamp-dev
# Holds AWS's own Lambda emulator as a file; the rest of it, and what it would pull in, is not wanted.
LAMBDA_EMULATOR := aws-sam-cli==1.170.0
# The last client of IBM Personality Insights, unchanged; what it asks for beside itself is of 2021 and not needed.
IBM_CLIENT := ibm-watson==5.3.1
# A test process for every core; the tests of one file share what they set up. Files begin in their order: the long ones
# of tests/cloud and tests/e2e must not come last.
PYTEST := $(BIN)/python -m pytest -n $(shell nproc 2>/dev/null || sysctl -n hw.ncpu) --dist loadfile --no-loadscope-reorder
BROWSER_PACKAGES := chromium chromium-driver fonts-noto-cjk strace

.DEFAULT_GOAL := help
.PHONY: help setup demo test suite test-fast test-fuzz test-thorough test-image-versions check docs setup-browser clean

help: ## この一覧を表示する
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(BASE_STAMP) ## .venv を作り、推定に必要なものだけを入れる（torch などの重いものは入れない）
	@echo ".venv の用意ができています。試す: make demo"

demo: $(BASE_STAMP) ## 架空の LINE トークを推定し、結果の表と HTML レポートを作る
	@$(BIN)/seikaku analyze examples/line_1on1.txt --speaker 花子 --html output/demo.html
	@echo "ブラウザで output/demo.html を開いてください。"

# Side by side: mypy uses one core only.
test: $(DEV_STAMP) setup-browser ## check と、すべてのテスト
	@$(MAKE) --no-print-directory -j2 check suite

suite: $(DEV_STAMP)
	@$(PYTEST) -m "not thorough"

test-fuzz: $(DEV_STAMP) ## 会話の読み取りを 100 万の作りものの入力と、正解のわかる LINE の履歴 8,000 で試す（2 コアで 30 分ほど）
	@$(BIN)/python -m tests.fuzz.readers --inputs 1000000 --seconds 3600
	@$(BIN)/python -m tests.fuzz.readers --huge --inputs 20000 --seconds 600
	@$(BIN)/python -m tests.fuzz.line_exports --files 4080

test-thorough: $(DEV_STAMP) ## make test では一部だけのもの: すべての種類の土台、torch.compile、大きなシミュレーション
	@$(PYTEST) -m thorough

test-fast: $(DEV_STAMP) ## 遅いテストとブラウザのテストを除いたもの（2 コアで約 5 分）
	@$(PYTEST) -m "not slow and not browser and not thorough"

check: $(DEV_STAMP) ## ruff と mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

test-image-versions: $(DEV_STAMP) ## train.py を、SageMaker の学習用イメージと同じ版のライブラリで試す（いまのものと後継。別の環境を作る）
	@for name in requirements successor; do \
		$(BIN)/python tests/image_versions/prepare.py .venv/image-versions-$$name $$name && \
		.venv/image-versions-$$name/bin/python -m pytest -q -p no:cacheprovider tests/image_versions/test_versions.py \
			tests/container/test_training_container.py tests/training/loop -m "not thorough" || exit 1; \
	done

docs: $(DEV_STAMP) ## 生成する文書（docs/cli.md、README の精度の表、architecture.md の木）を作り直す
	@$(BIN)/python -m seikaku.cli.reference docs/cli.md
	@$(BIN)/python -m seikaku.cli.publish
	@$(BIN)/python -m seikaku.cli.rooms

clean: ## 生成物とキャッシュを消す（.venv、data、output は残す）
	@rm -rf build dist seikaku.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 以上が必要です。make PYTHON=python3.11 … のように指定してください。"; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { echo "仮想環境を作れません。Debian・Ubuntu では: apt-get install python3-venv"; exit 1; }

$(BASE_STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@echo "推定に必要なものを .venv に入れています（初回だけ）…"
	@$(PIP_INSTALL) -e .
	@touch $@

$(DEV_STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@echo "学習・テストに必要なものも .venv に入れています（初回だけ）…"
	@$(PIP_INSTALL) -e '.[train,serve,aws,office,dev]'
	@$(PIP_INSTALL) --no-deps --upgrade --target .venv/lambda-emulator $(LAMBDA_EMULATOR)
	@$(PIP_INSTALL) --no-deps --upgrade --target .venv/ibm-client $(IBM_CLIENT)
	@touch $(BASE_STAMP) $@

# A real browser for the tests marked `browser`: Debian's Chromium, its driver, and a Japanese font. And strace, by which
# tests/e2e/test_nothing_leaves.py sees what the commands ask of the network.
# Never fails: without root, apt-get or a network it says so, and those tests skip themselves.
setup-browser: ## テストに要る Chromium と日本語フォント、strace を入れる（Debian の root のとき）
	@if command -v chromium >/dev/null && command -v chromedriver >/dev/null && command -v strace >/dev/null \
		&& ls /usr/share/fonts/opentype/noto/NotoSansCJK-*.ttc >/dev/null 2>&1; then \
		echo "ブラウザと strace は用意できています（chromium、chromedriver、日本語フォント、strace）。"; \
	elif [ "$$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then \
		echo "root でないか apt-get がないため、足りないもののテスト（ブラウザ、strace）は飛ばします（skip と表示されます）。"; \
		echo "自分で入れる場合: sudo apt-get install --no-install-recommends $(BROWSER_PACKAGES)"; \
	elif apt-get update -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			$(BROWSER_PACKAGES) >/dev/null; then \
		echo "ブラウザと strace を入れました（$(BROWSER_PACKAGES)）。"; \
	else \
		echo "apt-get で入れられないため（ネットワークがない等）、足りないもののテスト（ブラウザ、strace）は飛ばします（skip と表示されます）。"; \
	fi
