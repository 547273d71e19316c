"""From a file's bytes to a label: every stage shows its own differences."""

from dataclasses import replace

import pytest

from digits_export import chain, prover
from digits_export.subject import trained_subject
from digits_models import weights


@pytest.fixture
def subject():
    return trained_subject(weights.load("lenet"))


@pytest.fixture
def files(full):
    outside = ("proof.json", "report.md")
    return {f.name: f.read_bytes() for f in full.directory.iterdir() if f.name not in outside}


def followed(subject, files):
    return {s.name: s for s in chain.follow(subject, files, prover.chain_files())}


def test_the_runtime_reads_files_as_torch_does(subject, files):
    found = followed(subject, files)
    assert list(found) == ["decoding", "canvas", "probabilities", "labels"]
    assert all(stage.passed for stage in found.values())
    assert {stage.compared for stage in found.values()} == {len(prover.chain_files())}
    assert found["decoding"].worst == found["labels"].worst == 0
    assert found["canvas"].worst <= 1
    assert found["probabilities"].worst < 1e-6


def test_another_decoder_shows_in_decoding(subject, files, monkeypatch):
    decoded = chain._decoded
    monkeypatch.setattr(chain, "_decoded", lambda data: decoded(data) // 2)
    found = followed(subject, files)
    assert found["decoding"].worst == 128
    assert not found["decoding"].passed
    assert found["probabilities"].passed


def test_no_files_prove_nothing(subject, files):
    assert not any(stage.passed for stage in chain.follow(subject, files, {}))


@pytest.mark.parametrize("part", ["carried", "precisions", "labels", "comparisons", "stages"])
def test_a_proof_needs_every_part(full, part):
    assert full.proof.passed
    assert full.proof.failures() == []
    assert not replace(full.proof, **{part: ()}).passed


def test_what_failed_is_told_in_a_few_words(full):
    first, *others = full.proof.stages
    spoilt = replace(full.proof, stages=(replace(first, worst=3.0), *others))
    assert spoilt.failures() == ["decoding from file to label"]
    assert not spoilt.passed
