"""Starts Spark for a command, or takes the session that there is; and tells what is missing."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, cast

from dedupe.engines.spark.failures import tell_failures
from dedupe.model.errors import ConfigError, EngineError
from dedupe.model.installation import install_command
from dedupe.model.settings import ALWAYS_FOUND, Config

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_PACKAGES: Final = ("pyspark", "pandas", "pyarrow")

_SUBMITTED: Final = "PYSPARK_GATEWAY_PORT"
"""The variable of the environment in which ``spark-submit`` tells Python programs where it is."""

_SETTINGS: Final = {
    "spark.app.name": "dedupe",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.log.level": "ERROR",
}
"""Settings of a session that is started here, unless Spark's own files give others."""

_LOCAL_SETTINGS: Final = {
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}
"""More of them where Spark runs on this machine alone."""


_NEEDED: Final[dict[str, object]] = {"furniture": "keep", "find": (ALWAYS_FOUND,)}
"""Settings that need all shingles on one machine, and the only values that Spark can do."""


_NEEDED_OF_TABLES: Final[dict[str, object]] = {"linkage": "star", "embed_text": False}
"""More of them where tables alone are written."""


def check_config(config: Config, tables_alone: bool = False) -> None:
    """:raises ConfigError: if a setting asks for what the engine cannot do"""
    for name, value in (_NEEDED | _NEEDED_OF_TABLES if tables_alone else _NEEDED).items():
        if (given := getattr(config, name)) == value:
            continue
        told = ", ".join(given) if isinstance(given, tuple) else given
        what, way = "the engine spark cannot do", "scan on one machine (--engine local)"
        if name not in _NEEDED:
            what, way = "tables alone cannot do", "have a report made"
        raise ConfigError(f"{name} is {told}, which {what}. Leave the setting out, or {way}")


def check_packages() -> None:
    """:raises EngineError: if a package that the engine needs is not installed"""
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise EngineError(
            f"the engine spark needs {', '.join(missing)}: {install_command('spark')}"
        )


@contextmanager
def open_session(master: str, config: Config) -> Iterator[SparkSession]:
    """The running session, which stays, or a new one, which ends with the context.

    :param master: where to run (``local[4]``, ``spark://host:7077``, ``yarn``, ``k8s://…``); empty
        for what ``spark-submit`` or Spark's settings say, else this machine
    :raises EngineError: if a package or Java is missing, or Spark does not start
    """
    check_packages()
    from pyspark.sql import SparkSession

    if running := SparkSession.getActiveSession():
        yield running
        return
    with tell_failures("Spark could not be started"):
        session, log = _start(master, config)
    try:
        yield session
    finally:
        with suppress(Exception):
            session.stop()
        if log and sys.exc_info()[0] is None:
            os.unlink(log)


def _start(master: str, config: Config) -> tuple[SparkSession, str]:
    """A new session, and the file that its Java process writes to (empty: there is none)."""
    from pyspark import SparkConf, SparkContext, java_gateway
    from pyspark.sql import SparkSession

    if _SUBMITTED in os.environ:
        builder = SparkSession.builder
        for name, value in _SETTINGS.items():
            builder = builder.config(name, value)
        return (builder.master(master) if master else builder).getOrCreate(), ""
    check_java()
    settings = _choose_settings(master, config)
    if settings["spark.master"].startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    conf, launch_gateway = SparkConf(loadDefaults=False), cast(Any, java_gateway).launch_gateway
    if running := cast(Any, SparkContext)._gateway:  # (of a session that was stopped)
        launch_gateway = lambda *_: running  # noqa: E731
    for name, value in settings.items():
        conf.set(name, value)
    descriptor, log = tempfile.mkstemp(prefix="dedupe-spark-", suffix=".log")
    try:
        streams: dict[str, Any] = {"stdout": descriptor, "stderr": descriptor}
        gateway = launch_gateway(conf, {} if os.environ.get("DEDUPE_DEBUG") else streams)
        context = SparkContext(gateway=gateway, conf=conf)
    except Exception as error:
        raise EngineError(f"Spark did not start ({_first_line(error)}); see {log}") from error
    finally:
        os.close(descriptor)
    return SparkSession(context), log


def _choose_settings(master: str, config: Config) -> dict[str, str]:
    """The settings of a new session."""
    master = master or os.environ.get("MASTER", "") or f"local[{config.worker_count}]"
    settings = {**_SETTINGS, "spark.master": master}
    if master.startswith("local"):
        settings |= _LOCAL_SETTINGS
        if config.work_dir:
            settings["spark.local.dir"] = os.path.abspath(config.work_dir)
    return settings


def check_java() -> None:
    """:raises EngineError: if no Java is found where Spark looks for it"""
    home = os.environ.get("JAVA_HOME", "")
    found = shutil.which(os.path.join(home, "bin", "java")) if home else shutil.which("java")
    if not found:
        where = f"below JAVA_HOME={home}" if home else "on the PATH, and JAVA_HOME is not set"
        raise EngineError(
            f"Spark needs Java 17 or newer, and there is no java {where}; install it (Debian: "
            "apt-get install default-jre-headless; macOS: brew install openjdk@17)"
        )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
