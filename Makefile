# Everything that a clone needs is git, make and Python ≥ 3.11 with venv and pip.

PYTHON ?= python3
VENV ?= .venv
# Processes that share the tests; each has torch in it and takes 3 GB.
JOBS ?= 2
BIN := $(VENV)/bin
SMALL := lenet lenet-sigmoid mlp cnn simple-cnn

.PHONY: demo test lint format setup bundles teachers samples gpu clean

## demo: export lenet, prove it equal to the trained net, and read the sample images with it
demo: setup
	$(BIN)/digits-export --arch lenet
	$(BIN)/digits-infer --model bundles/lenet samples/images

## test: all tests; those on whole data sets run where $$DIGITS_DATA is set
test: setup
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(JOBS) --dist loadfile

## lint: style, formatting and strict types
lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

## bundles: export the models that ship with the runtime again
bundles: setup
	for arch in $(SMALL); do \
	    $(BIN)/digits-export --arch $$arch --light --fresh --out runtime/digits/bundles/$$arch || exit; \
	done

## teachers: train the teachers again that ship with the package (an hour on two cores)
teachers: setup
	for data in mnist fashion-mnist; do \
	    $(BIN)/digits train --arch teacher --dataset $$data --out runs/teacher-$$data || exit; \
	    $(BIN)/python -c "from pathlib import Path; from digits_models import teaching; \
	        teaching.ship(Path('runs/teacher-$$data/teacher.safetensors'))" || exit; \
	done

## samples: draw the sample images again, and choose the exporter's goldens among them
samples: setup
	$(BIN)/python samples/draw.py
	$(BIN)/python samples/pick_goldens.py
	$(BIN)/python samples/encode_goldens.py

## gpu: what only a machine with an NVIDIA GPU can show (trains vgg16, compares and measures on CUDA)
gpu: setup
	$(BIN)/digits doctor
	$(BIN)/digits train --arch vgg16 --device cuda
	$(BIN)/digits-export --arch vgg16 --weights runs/vgg16/vgg16.safetensors
	$(BIN)/digits verify bundles/vgg16 --provider cuda
	$(BIN)/digits eval bundles/vgg16 mnist --canvas --provider cuda
	for arch in $(SMALL); do $(BIN)/digits verify $$arch --provider cuda || exit; done
	$(BIN)/python -m digits_export.bench.cuda --output runs/bench-cuda.json

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	UV_PROJECT_ENVIRONMENT=$(abspath $(VENV)) $(BIN)/uv sync --inexact --quiet
	touch $@

clean:
	rm -rf $(VENV) bundles runs dist
