"""Makes an environment with a training image's library versions: `python tests/image_versions/prepare.py FOLDER NAME`.

In: the development environment that runs this, NAME.txt beside this file (requirements: the pinned image; successor:
the one after it). Out: a virtual environment in FOLDER that has those versions and takes the rest, torch above all,
from the development environment. Effects: disk, pip.
"""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

# Commands that a job's container has on its path; a script of the development environment would start its Python.
_SCRIPTS = {"train": "sagemaker_training.cli.train", "torchrun": "torch.distributed.run"}


def prepare(folder: Path, name: str) -> Path:
    """Make the environment with the versions of ``name``; returns its Python."""
    venv.create(folder, with_pip=True, clear=True)
    python = folder / "bin" / "python"
    (site_packages,) = folder.glob("lib/python*/site-packages")
    # After the environment's own packages, so that these win; unlike a plain path it honours editable installs.
    below = sysconfig.get_paths()["purelib"]
    (site_packages / "development.pth").write_text(f"import site; site.addsitedir({below!r})\n", encoding="utf-8")
    requirements = Path(__file__).with_name(f"{name}.txt")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                    "--ignore-installed", "-r", requirements], check=True)  # fmt: skip
    for name, module in _SCRIPTS.items():
        script = python.with_name(name)
        script.write_text(f"#!{python.absolute()}\nimport sys\nfrom {module} import main\n\nsys.exit(main())\n")
        script.chmod(0o755)
    return python


if __name__ == "__main__":
    sys.stdout.write(f"{prepare(Path(sys.argv[1]), sys.argv[2])}\n")
