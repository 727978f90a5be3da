"""The runner and its command: what passes, fails, is missing, is expected to fail; in modules and in files."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from deepmix import reference
from deepmix.conformance import files, runner
from deepmix.conformance.cases import cases
from deepmix.conformance.operations import OPERATIONS
from deepmix.conformance.ports import Port, load
from tests.app.test_cli import Run, run  # noqa: F401

MODULE = """
from types import SimpleNamespace
from deepmix import reference
from deepmix.reference import metrics

def shifted(log_likelihood, weights):
    return reference.em.mean_nll(log_likelihood, weights) + 1e-4

em = SimpleNamespace(mean_nll=shifted)
"""


def port(**functions) -> Port:
    """A port of single functions, named as module_function."""
    module = SimpleNamespace()
    for name, function in functions.items():
        place, _, rest = name.partition("_")
        setattr(module, place, SimpleNamespace(**{rest: function}))
    return Port(module, None)


def results_of(module: Port, *only: str) -> dict[str, runner.Result]:
    return {result.case: result for result in runner.run(module, dtypes=["float64"], only=only)}


@pytest.fixture
def module(tmp_path, monkeypatch) -> str:
    """A module in the working folder: metrics as they should be, mean_nll wrong."""
    (tmp_path / "shifted_port.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield "shifted_port"
    sys.modules.pop("shifted_port", None)


def test_the_reference_passes_exactly():
    results = list(runner.run(load("deepmix.reference")))
    assert {result.dtype for result in results} == {"float64"}
    assert {(result.outcome, result.worst) for result in results} == {("pass", 0.0)}
    assert {result.function for result in results} == set(OPERATIONS)
    assert runner.summary(results)["conforms"]


def test_missing_functions_do_not_fail_unless_they_are_required():
    results = list(runner.run(port(em_mean_nll=reference.em.mean_nll), dtypes=["float64"]))
    outcomes = {result.function: result.outcome for result in results}
    assert outcomes.pop("em.mean_nll") == "pass"
    assert set(outcomes.values()) == {"missing"}
    assert runner.summary(results)["conforms"]
    required = list(runner.require(results))
    missing = {result.function for result in required if result.outcome == "missing"}
    assert missing == {operation.name for operation in OPERATIONS.values() if operation.optional}
    assert not runner.summary(required)["conforms"]


def test_nothing_at_all_does_not_conform():
    assert not runner.summary(runner.run(port(), dtypes=["float64"]))["conforms"]


def test_what_is_not_implemented_is_missing():
    def diagonal(pixels, means, covariances, covariance_type):  # without a default: all is said
        if covariance_type != "diag":
            raise NotImplementedError("only diag")
        return reference.gaussian.log_density(pixels, means, covariances)

    found = results_of(port(gaussian_log_density=diagonal), "gaussian.log_density")
    assert found["diag"].outcome == "pass"
    assert (found["full"].outcome, found["full"].message) == ("missing", "only diag")


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (np.zeros(3), "nll has the shape (3,), expected ()"),
        (None, "nll holds object, expected numbers"),
        ("4", "nll holds <U1, expected numbers"),
        (np.nan, "nll is nan, expected"),
        (np.inf, "nll is inf, expected"),
    ],
)
def test_nonsense_fails_and_is_named(returned, message):
    found = results_of(port(em_mean_nll=lambda *arguments: returned), "em.mean_nll/one_pixel")["one_pixel"]
    assert (found.outcome, found.worst) == ("fail", np.inf)
    assert found.message.startswith(message)


def test_an_exception_is_a_failure_in_one_line():
    def broken(*arguments):
        raise RuntimeError("one\ntwo")

    found = results_of(port(em_mean_nll=broken), "em.*")["one_pixel"]
    assert (found.outcome, found.message[:28]) == ("fail", "raised RuntimeError: one two")


def test_a_record_without_a_field_fails():
    def half(*arguments):
        mixture, moments = reference.gmm.m_step(*arguments)
        return mixture._asdict(), {"counts": moments.counts}

    found = results_of(port(gmm_m_step=half), "gmm.m_step/diag")["diag"]
    assert found.message == "nothing is called moments/means"


def test_results_may_be_lists_dicts_and_single_precision_of_exact_values():
    def lists(*arguments):
        return [each.tolist() for each in reference.gmm.e_step(*arguments)]

    assert results_of(port(gmm_e_step=lists), "gmm.e_step/diag")["diag"].outcome == "pass"


def test_bad_input_must_be_rejected_with_a_value_error():
    def fit(error):
        def of(pixels, *arguments, **options):
            if not np.isfinite(pixels).all():
                raise error
            return reference.gmm.fit(pixels, *arguments, **options)

        return results_of(port(gmm_fit=of), "gmm.fit/rejects_nan_inside")["rejects_nan_inside"]

    assert fit(ValueError("no")).outcome == "pass"
    assert fit(TypeError("no")).message.startswith("raised TypeError: no (test_runner.py:")
    accepted = results_of(port(gmm_fit=lambda *a, **k: None), "gmm.fit/rejects_nan_inside")["rejects_nan_inside"]
    assert accepted.message == "must be rejected: rejected is 0, expected 1 exactly"


def test_what_stands_in_the_adapter_goes_first():
    inner = SimpleNamespace(em=SimpleNamespace(mean_nll=lambda *arguments: 0.0))
    adapter = SimpleNamespace(em=SimpleNamespace(mean_nll=reference.em.mean_nll))
    assert results_of(Port(inner, None), "em.*")["one_pixel"].outcome == "fail"
    assert results_of(Port(inner, adapter), "em.*")["one_pixel"].outcome == "pass"


def test_the_session_surrounds_the_calls():
    said = []

    class Session:
        def __init__(self, dtype):
            self.dtype = dtype

        def __enter__(self):
            said.append(f"{self.dtype} begins")

        def __exit__(self, *_):
            said.append(f"{self.dtype} ends")

    def mean_nll(log_likelihood, weights):
        said.append(str(log_likelihood.dtype))
        return reference.em.mean_nll(log_likelihood.astype(float), weights.astype(float))

    adapter = SimpleNamespace(em=SimpleNamespace(mean_nll=mean_nll), session=Session)
    assert all(result.outcome == "pass" for result in runner.run(Port(SimpleNamespace(), adapter), only=["em.*"]))
    expected = [[f"{dtype} begins", *[dtype] * 3, f"{dtype} ends"] for dtype in ("float64", "float32")]
    assert said == [*expected[0], *expected[1]]


def test_expected_failures():
    wrong = port(em_mean_nll=lambda log_likelihood, weights: -log_likelihood.mean())
    patterns = ["em.mean_nll/weights_with_zeros", "em.mean_nll/one_pixel", "em.other/*"]
    with pytest.warns(UserWarning, match="'em.other/\\*' names no case"):
        results = list(runner.expect_failures(runner.run(wrong, dtypes=["float64"], only=["em.*"]), patterns))
    outcomes = {result.case: result.outcome for result in results}
    assert outcomes == {
        "all_pixels": "pass",
        "weights_with_zeros": "expected failure",
        "one_pixel": "unexpected pass",
    }
    assert not runner.summary(results)["conforms"]
    assert runner.summary([result for result in results if result.case != "one_pixel"])["conforms"]


def test_expected_failures_of_one_dtype():
    def single(log_likelihood, weights):
        return reference.em.mean_nll(log_likelihood, weights) + (log_likelihood.dtype == np.float32)

    results = runner.run(port(em_mean_nll=single), only=["em.*"])
    outcomes = {
        (result.dtype, result.outcome) for result in runner.expect_failures(results, ["em.mean_nll float32"])
    }
    assert outcomes == {("float64", "pass"), ("float32", "expected failure")}


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("1 +", "bad_port", "bad_port cannot be imported: SyntaxError: invalid syntax"),
        ("import sys; sys.exit()", "bad_port", "bad_port cannot be imported: SystemExit: (bad_port.py:1)"),
        ("raise RuntimeError('no GPU')", "bad_port", "cannot be imported: RuntimeError: no GPU (bad_port.py:1)"),
        ("", "./bad_port.py", "./bad_port.py is a file; name the module: bad_port"),
        ("DTYPES = 'float32'", "bad_port", "DTYPES of the module must be some of ('float64', 'float32')"),
    ],
)
def test_modules_that_cannot_be_imported_are_one_line(text, name, message, run, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "bad_port.py").write_text(text)
    sys.modules.pop("bad_port", None)
    code, _, err = run("conform", name)
    assert code == 2
    assert message in err
    assert err.count("\n") == 1


def test_a_port_that_exits_fails():
    found = results_of(port(em_mean_nll=lambda *arguments: sys.exit(0)), "em.*")["one_pixel"]
    assert (found.outcome, found.message[:20]) == ("fail", "raised SystemExit: 0")


def test_outputs_by_name_and_too_few_of_them():
    def named(*arguments):
        return dict(zip(("responsibilities", "log_likelihood"), reference.gmm.e_step(*arguments), strict=True))

    assert results_of(port(gmm_e_step=named), "gmm.e_step/diag")["diag"].outcome == "pass"
    one = results_of(port(gmm_e_step=lambda *arguments: (1,)), "gmm.e_step/diag")["diag"]
    assert "TypeError: gmm.e_step must return the tuple responsibilities, log_likelihood" in one.message
    layer = results_of(port(layers_softmax=lambda logits: logits), "layers.softmax/ties")["ties"]
    assert "TypeError: layers.softmax must return the tuple of a value and a pullback" in layer.message


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("case.json", b"{}", "case.json lacks specification, function, case"),
        ("case.json", b"[]", "case.json lacks specification, function, case"),
        ("case.json", b"{", "case.json is no JSON"),
        ("inputs.npz", b"PK", "inputs.npz cannot be read as .npz"),
        ("expected.npz", None, "No such file or directory"),
    ],
)
def test_damaged_vectors_are_one_line(file, content, message, run, tmp_path):  # noqa: F811
    assert run("vectors", tmp_path / "v", "--only", "em.mean_nll/one_pixel")[0] == 0
    path = tmp_path / "v" / "em.mean_nll" / "one_pixel" / file
    path.unlink() if content is None else path.write_bytes(content)
    code, _, err = run("conform", "deepmix.reference", "--vectors", tmp_path / "v")
    assert code == 2
    assert message in err
    assert err.count("\n") == 1


def test_arrays_that_are_not_described_are_one_line(run, tmp_path):  # noqa: F811
    assert run("vectors", tmp_path / "v", "--only", "em.mean_nll/one_pixel")[0] == 0
    path = tmp_path / "v" / "em.mean_nll" / "one_pixel" / "inputs.npz"
    np.savez(path, weights=np.ones(1))
    code, _, err = run("conform", "deepmix.reference", "--vectors", tmp_path / "v")
    assert code == 2
    assert "inputs.npz holds log_likelihood as None, case.json says ('float64', (1,))" in err


def test_the_command_prints_a_table_and_ends_with_0_or_1(module, run):  # noqa: F811
    code, out, err = run("conform", module, "--json", "all.json")
    lines = out.splitlines()
    assert (code, err) == (1, "")
    assert lines[1].split() == ["float64", "float32"]
    assert lines[2].split() == ["function", *["pass", "fail", "missing", "worst"] * 2]
    row = next(line for line in lines if "em.mean_nll" in line).split()
    assert row[:2] == ["em.mean_nll", "3"]
    failure = next(line for line in lines if line.startswith("fail: em.mean_nll/all_pixels float64"))
    assert "× the tolerance): nll is " in failure
    assert lines[-1].startswith("shifted_port does not conform: 46 pass, 6 fail, ")
    written = json.loads(Path("all.json").read_text())
    assert written["module"] == module
    assert not written["conforms"]
    failed = {
        (result["function"], result["dtype"]) for result in written["results"] if result["outcome"] == "fail"
    }
    assert failed == {("em.mean_nll", "float64"), ("em.mean_nll", "float32")}
    code, out, _ = run("conform", module, "--only", "metrics.*", "--dtype", "float64")
    assert code == 0
    assert out.splitlines()[-1].startswith("shifted_port conforms: 23 pass, 0 fail")


def test_the_command_with_expected_failures(module, run, tmp_path):  # noqa: F811
    (tmp_path / "known").write_text("# shifted on purpose\nem.mean_nll/*  # all of them\nem.typo\n\n")
    code, out, err = run(
        "conform", module, "--only", "em.*", "--only", "metrics.*", "--dtype", "float64", "--xfail", "known"
    )
    assert code == 0
    assert err == "warning: the expected failure 'em.typo' names no case that was run\n"
    assert "3 expected failure" in out
    code, out, _ = run("conform", "deepmix.reference", "--only", "em.*", "--xfail", "known")
    assert code == 1
    assert "unexpected pass: em.mean_nll/all_pixels float64: passes, but 'em.mean_nll/*' expects it to fail" in out


def test_the_command_on_outputs_of_another_language(run, tmp_path, monkeypatch):  # noqa: F811
    """The files alone: write actual.npz as a port elsewhere would, from case.json and inputs.npz."""
    monkeypatch.chdir(tmp_path)
    assert run("vectors", "v", "--dtype", "float32")[0] == 0
    assert (tmp_path / "v" / "FORMAT.md").read_text().startswith("# Test vectors")
    for place in (tmp_path / "v" / "em.mean_nll").iterdir():
        given = np.load(place / "inputs.npz")
        nll = -(given["weights"] * given["log_likelihood"]).sum() / given["weights"].sum()
        assert nll.dtype == np.float32
        np.savez(place / "actual.npz", nll=nll)
    for place in (tmp_path / "v" / "gmm.fit").glob("rejects_*"):
        np.savez(place / "actual.npz", rejected=1)
    code, out, _ = run("conform", "--outputs", "v")
    assert code == 0
    missing = len(list(cases("minimal", "float32"))) - 12
    assert out.splitlines()[-1].startswith(f"v conforms: 12 pass, 0 fail, {missing} missing")
    np.savez(tmp_path / "v" / "em.mean_nll" / "one_pixel" / "actual.npz", loss=nll)
    (tmp_path / "v" / "gmm.fit" / "rejects_empty_mask" / "actual.npz").write_bytes(b"PK")
    chosen = ["em.*", "gmm.fit/rejects_empty_mask", "gmm.fit/no_step"]
    only = [word for case in chosen for word in ("--only", case)]
    code, out, _ = run("conform", "--outputs", "v", "--require", "all", *only)
    assert code == 1
    assert "fail: em.mean_nll/one_pixel float32: nothing is called nll" in out
    assert (
        "fail: gmm.fit/rejects_empty_mask float32: v/gmm.fit/rejects_empty_mask/actual.npz cannot be read" in out
    )
    assert "fail: gmm.fit/no_step float32: there is no actual.npz" in out


def test_the_command_on_vectors_in_files(module, run, tmp_path):  # noqa: F811
    assert run("vectors", tmp_path / "v")[0] == 0
    code, out, _ = run("conform", module, "--vectors", tmp_path / "v", "--only", "em.*", "--only", "metrics.*")
    assert code == 1
    assert out.splitlines()[-1].startswith("shifted_port does not conform: 23 pass, 3 fail")
    code, out, _ = run("conform", "deepmix.reference", "--vectors", tmp_path / "v")
    total = len(list(cases("minimal", "float64")))
    assert code == 0
    assert out.splitlines()[-1].startswith(f"deepmix.reference conforms: {total} pass, 0 fail; largest error 0 × ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a module to run, or a folder with --outputs; one of the two"),
        (["deepmix.reference", "--outputs", "v"], "name a module to run, or a folder with --outputs"),
        (["no_such_port"], "No module named 'no_such_port'"),
        (
            ["deepmix.reference", "--only", "gmm.fits"],
            "no case is named gmm.fits; perhaps gmm.fit or svgmm.fit",
        ),
        (["deepmix.reference", "--dtype", "float16"], "dtype must be one of float64, float32; got 'float16'"),
        (["deepmix.reference", "--preset", "large"], "preset must be one of minimal, paper; got 'large'"),
        (["deepmix.reference", "--require", "some"], "require must be one of all; got 'some'"),
        (["--outputs", "."], ". holds no vectors; make some with: deepmix vectors ."),
        (
            ["deepmix.reference", "--vectors", ".", "--dtype", "float64"],
            "--preset and --dtype say which vectors to make",
        ),
        (["deepmix.reference", "--xfail", "nowhere"], "No such file or directory: 'nowhere'"),
        (
            ["deepmix.reference", "--only", "em.*", "--json", "no/where.json"],
            "no/where.json cannot be written: name a file in a folder that exists",
        ),
    ],
)
def test_mistakes_in_the_command_are_one_line(arguments, message, run, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    code, _, err = run("conform", *arguments)
    assert code == 2
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_vectors_go_into_an_empty_folder_only(run, tmp_path):  # noqa: F811
    (tmp_path / "mine").write_text("kept")
    code, _, err = run("vectors", tmp_path)
    assert code == 2
    assert err == f"deepmix: {tmp_path} is not empty; name another folder\n"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_vectors_are_all_there_or_none(run, tmp_path, monkeypatch):  # noqa: F811
    def broken(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr(files, "write_format", broken)
    assert run("vectors", tmp_path / "v")[0] == 2
    assert list(tmp_path.iterdir()) == []
