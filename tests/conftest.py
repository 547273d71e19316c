import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from digits_export.bundle import Bundled


@pytest.fixture(scope="session", autouse=True)
def heed_signals() -> None:
    """A shell that starts the tests in the background has them, and their children, ignore Ctrl-C;
    `nohup` the end of the terminal, too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> "Bundled":
    """lenet exported with everything; nobody changes it."""
    pytest.importorskip("torch", reason="needs the extra [export]: run: pip install '.[export]'")
    from digits_export import bundle
    from digits_export.subject import trained_subject
    from digits_models import weights

    folder = tmp_path_factory.mktemp("full")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        lenet = trained_subject(weights.load("lenet"))
        return bundle.export(lenet, folder / "lenet", fresh=True)
